internal import ArgumentParser
internal import ChildProcess
internal import Commands
internal import Glibc

if let status = ChildProcessModes.runIfAsked(CommandLine.arguments) { exit(status) }
SieDr.start()
