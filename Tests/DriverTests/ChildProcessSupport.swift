import ChildProcess
import Glibc
import TestSupport
import Testing
import Units

let searchPath = ["PATH": "/usr/bin:/bin"]

/// A shell script run as a child, under the supervisor of the built tool.
func shell(_ script: String, deadline: TimeSpan = .minutes(5), grace: TimeSpan = .milliseconds(300)) -> ChildCommand {
  var command = ChildCommand("sh", ["-c", script], environment: searchPath, deadline: deadline)
  command.grace = grace
  return command
}

let children = ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR))

/// Process numbers that a script printed, one a line.
func processNumbers(_ text: String) -> [pid_t] { text.split(separator: "\n").compactMap { pid_t($0) } }

/// Whether none of these processes is left. It is asked for a while, because the last one to go may be init's to wait for.
func areGone(_ pids: [pid_t]) async throws -> Bool {
  for _ in 0..<500 {
    if pids.allSatisfy({ kill($0, 0) != 0 && errno == ESRCH }) { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return false
}

/// The lines of a file that a child writes, once there are `count` of them.
func lines(of path: String, count: Int) async throws -> [String] {
  for _ in 0..<1_000 {
    let lines = contents(of: path).split(separator: "\n").map(String.init)
    if lines.count >= count { return lines }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("\(path) did not get \(count) lines")
  return []
}

func contents(of path: String) -> String {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return "" }
  defer { close(descriptor) }
  var text: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 64 << 10)
  while case let count = read(descriptor, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
  return String(decoding: text, as: UTF8.self)
}

/// A folder that is there as long as `body` runs.
func withTemporaryFolder<R>(_ body: (String) async throws -> R) async throws -> R {
  let folder = try temporaryFolder("child")
  defer { removeFolder(folder) }
  return try await body(folder)
}
