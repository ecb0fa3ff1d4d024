internal import ChildProcess
internal import Glibc

if let status = ChildProcessModes.runIfAsked(CommandLine.arguments) { exit(status) }
print("sie-dr")
