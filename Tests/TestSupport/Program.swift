internal import Glibc

/// What a program left behind.
public struct ProgramResult: Sendable {
  public var status: Int32
  public var output: String
  public var errors: String
  public init(status: Int32, output: String = "", errors: String = "") { self.status = status; self.output = output; self.errors = errors }
}

public struct ProgramFailure: Error, CustomStringConvertible {
  public var description: String
  public init(description: String) { self.description = description }
}

/// Runs a program to its end, for tests: the tools that a test compares with, never what is tested.
@discardableResult
public func runProgram(
  _ arguments: [String], environment: [String: String] = [:], input: String = "", mayFail: Bool = false
) throws -> ProgramResult {
  let folder = try temporaryFolder("program")
  defer { removeFolder(folder) }
  let (inPath, outPath, errPath) = ("\(folder)/in", "\(folder)/out", "\(folder)/err")
  try writeFile(inPath, input)
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, inPath, O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, outPath, O_CREAT | O_WRONLY, 0o600)
  posix_spawn_file_actions_addopen(&actions, 2, errPath, O_CREAT | O_WRONLY, 0o600)
  let pid = try spawn(arguments, environment: environment, actions: &actions)
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  let result = ProgramResult(status: code, output: try readFile(outPath), errors: try readFile(errPath))
  guard code == 0 || mayFail else {
    throw ProgramFailure(description: "\(arguments.joined(separator: " ")) ended with \(code): \(result.errors)")
  }
  return result
}

/// Starts a program; its environment is what is given, and a path.
func spawn(
  _ arguments: [String], environment: [String: String], actions: inout posix_spawn_file_actions_t, newSession: Bool = false
) throws -> pid_t {
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  // A signal that this process blocks, SIGCHLD above all, must not be blocked in a shell that waits for a child.
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setflags(&attributes, Int16(newSession ? 0x88 : 0x08))  // POSIX_SPAWN_SETSIGMASK, POSIX_SPAWN_SETSID
  let variables = environment.merging(["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"]) { given, _ in given }
  let words = arguments.map { strdup($0) } + [nil]
  let values = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { (words + values).forEach { free($0) } }
  var pid: pid_t = 0
  let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, words, values)
  guard code == 0 else { throw ProgramFailure(description: "cannot start \(arguments[0]): \(String(cString: strerror(code)))") }
  return pid
}

/// A new folder in the system's place for such, with a short path; whoever makes it removes it.
public func temporaryFolder(_ purpose: String) throws -> String {
  var template = Array("/tmp/sie-dr-\(purpose)-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw ProgramFailure(description: "cannot make a temporary folder") }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

public func removeFolder(_ path: String) {
  guard path.hasPrefix("/tmp/sie-dr-") else { return }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  guard let pid = try? spawn(["rm", "-rf", path], environment: [:], actions: &actions) else { return }
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
}

public func writeFile(_ path: String, _ text: String) throws { try writeBytes(path, Array(text.utf8)) }

public func readFile(_ path: String) throws -> String { String(decoding: try readBytes(path), as: UTF8.self) }

public func readBytes(_ path: String) throws -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw ProgramFailure(description: "cannot read \(path)") }
  defer { close(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let n = read(file, &buffer, buffer.count), n > 0 { bytes += buffer[..<n] }
  return bytes
}

public func writeBytes(_ path: String, _ bytes: [UInt8]) throws {
  let file = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
  guard file >= 0 else { throw ProgramFailure(description: "cannot write \(path)") }
  defer { close(file) }
  var done = 0
  while done < bytes.count {
    let n = bytes[done...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    guard n > 0 else { throw ProgramFailure(description: "cannot write \(path)") }
    done += n
  }
}
