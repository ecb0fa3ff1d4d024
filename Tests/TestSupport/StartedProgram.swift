internal import Concurrency
public import Glibc

/// A program that runs beside the test. Its output goes into files, so it never waits for the test to read.
public final class StartedProgram: Sendable {
  public let pid: pid_t
  private let outputs: String
  // Whoever waits for it first keeps its status; the test's own tasks do so one after another.
  private let ended = Reaped()

  /// Starts it in `folder`, in a session of its own, as a shell starts a job.
  public init(_ arguments: [String], environment: [String: String] = [:], in folder: String) throws {
    outputs = try temporaryFolder("out")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(outputs)/out", O_CREAT | O_WRONLY | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "\(outputs)/err", O_CREAT | O_WRONLY | O_APPEND, 0o600)
    // `env` changes the folder and then becomes the program, under the same number.
    pid = try spawn(["env", "-C", folder] + arguments, environment: environment, actions: &actions, newSession: true)
  }

  deinit {
    if ended.status(of: pid) == nil {
      Glibc.kill(pid, SIGKILL)
      _ = ended.wait(for: pid)
    }
    removeFolder(outputs)
  }

  public var output: String { (try? readFile("\(outputs)/out")) ?? "" }
  public var errors: String { (try? readFile("\(outputs)/err")) ?? "" }
  public var isRunning: Bool { ended.status(of: pid) == nil }

  public func send(_ signal: Int32) { if isRunning { Glibc.kill(pid, signal) } }

  /// What it left behind, once it has ended; killed and an error when that takes too long.
  @discardableResult
  public func end(within limit: Duration = .seconds(60)) async throws -> ProgramResult {
    let tooLate = ContinuousClock.now.advanced(by: limit)
    while true {
      if let status = ended.status(of: pid) { return ProgramResult(status: status, output: output, errors: errors) }
      guard ContinuousClock.now < tooLate else {
        Glibc.kill(pid, SIGKILL)
        throw ProgramFailure(description: "process \(pid) has not ended within \(limit); it said: \(errors)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

/// The status of a child, asked for until it is known.
private final class Reaped: Sendable {
  private let known = Lock<Int32?>(nil)

  func status(of pid: pid_t) -> Int32? { ask(pid, WNOHANG) }
  func wait(for pid: pid_t) -> Int32? { ask(pid, 0) }

  private func ask(_ pid: pid_t, _ options: Int32) -> Int32? {
    known.withLock { known in
      if let known { return known }
      var status: Int32 = 0
      guard waitpid(pid, &status, options) == pid else { return nil }
      known = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
      return known
    }
  }
}

/// Waits until something holds; an error that names it when it takes too long.
public func until(_ what: String, within limit: Duration = .seconds(30), _ holds: () throws -> Bool) async throws {
  let tooLate = ContinuousClock.now.advanced(by: limit)
  while try !holds() {
    guard ContinuousClock.now < tooLate else { throw ProgramFailure(description: "waited \(limit) in vain until \(what)") }
    try await Task.sleep(for: .milliseconds(2))
  }
}

/// The same on the thread of the caller, which does nothing else meanwhile: for moments that must not be missed.
public func holdUntil(_ what: String, within limit: Duration = .seconds(30), _ holds: () throws -> Bool) throws {
  let tooLate = ContinuousClock.now.advanced(by: limit)
  while try !holds() {
    guard ContinuousClock.now < tooLate else { throw ProgramFailure(description: "waited \(limit) in vain until \(what)") }
    usleep(1_000)
  }
}

/// Runs a body on a thread of its own: other tests may keep the shared ones busy for seconds.
public func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await BlockingPool(threads: 1).run(body)
}
