internal import Concurrency
internal import Glibc
internal import Subprocess
internal import SystemPackage
internal import Units

/// Runs programs: each with a deadline, a bounded memory and a supervisor, so that nothing of it outlives the run.
public struct ChildRunner: Sendable {
  private let supervisor: Supervisor

  public init(supervisor: Supervisor = Supervisor()) {
    self.supervisor = supervisor
    BrokenPipeSignal.ignored
  }

  /// Runs a program to its end, and gives back the beginning of its output.
  public func run(_ command: ChildCommand, input: [UInt8] = []) async throws(ChildError) -> ChildOutput {
    let head = OutputHead(limit: command.outputLimit)
    do {
      var output = try await stream(command, input: input.isEmpty ? .none : .bytes(input)) { head.append($0) }
      (output.output, output.outputTruncated) = head.value
      return output
    } catch let error as ChildError {
      throw error
    } catch {
      throw .brokenPipes(program: command.program, reason: "\(error)")
    }
  }

  /// Runs a program to its end and hands on its output as it comes, no faster than `onOutput` takes it.
  ///
  /// Throws `ChildError`, or what `onOutput` or the input threw: then the program was stopped.
  public func stream(
    _ command: ChildCommand, input: ChildInput = .none, onOutput: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws -> ChildOutput {
    let errors = ErrorTail(limit: command.errorLimit, secrets: command.secrets)
    let configuration = try supervisor.configuration(for: command)
    let status: ChildStatus
    do {
      status = try await withDeadline(min(command.deadline, Self.longestDeadline).duration) {
        try Task.checkCancellation()
        let result = try await Subprocess.run(configuration, input: .inputWriter, output: .sequence, error: .sequence) { execution in
          do {
            try await ChildStreams(execution).pass(input: input, onOutput: onOutput, errors: errors)
          } catch {
            // Before the input is closed: its end must not be taken for the end of the data.
            await execution.teardown(using: configuration.platformOptions.teardownSequence)
            throw error
          }
        }
        // The supervisor itself may have been killed. What it had in its group is ours to end then.
        if result.terminationStatus == .signaled(SIGKILL) { kill(-result.processIdentifier.value, SIGKILL) }
        return result.terminationStatus.childStatus
      }
    } catch {
      throw Self.translate(error, command, errors)
    }
    let (text, truncated) = errors.value
    guard status != .signaled(SupervisorOrder.cannotStart) else { throw ChildError.cannotStart(program: command.program, reason: text) }
    return ChildOutput(status: status, output: [], outputTruncated: false, errorOutput: text, errorTruncated: truncated)
  }

  /// The clock cannot count what is longer.
  private static let longestDeadline = TimeSpan.days(3_650)

  private static func translate(_ error: any Error, _ command: ChildCommand, _ errors: ErrorTail) -> any Error {
    switch error {
    case is DeadlineExceeded: ChildError.timedOut(program: command.program, after: command.deadline, errorOutput: errors.value.text)
    case is CancellationError: ChildError.cancelled(program: command.program)
    case let error as SubprocessError where error.code == .failedToChangeWorkingDirectory:
      ChildError.cannotStart(
        program: command.program, reason: "its working folder \(command.workingDirectory ?? ".") does not exist or cannot be entered")
    case let error as SubprocessError where [.spawnFailed, .executableNotFound].contains(error.code):
      ChildError.cannotStart(program: command.program, reason: "its supervisor did not start: \(error)")
    case let error as SubprocessError: ChildError.brokenPipes(program: command.program, reason: "\(error)")
    default: error
    }
  }
}

extension Supervisor {
  /// How long beyond a command's grace the supervisor may take to kill what is left, before it is itself killed with its group.
  private static let patience = Duration.seconds(5)

  func configuration(for command: ChildCommand) throws(ChildError) -> Configuration {
    let path = try ProgramLookup.find(command)
    try Self.check(command)
    let order = SupervisorOrder(parent: getpid(), grace: command.grace, path: path, arguments: [command.program] + command.arguments)
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: false, allowedDurationToNextStep: command.grace.duration + Self.patience),
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero),
    ]
    var variables: [Environment.Key: String] = [:]
    for (name, value) in command.environment { variables[Environment.Key(stringLiteral: name)] = value }
    return Configuration(
      executable: .path(FilePath(executable)), arguments: Arguments(executablePathOverride: "sie-dr", remainingValues: order.list),
      environment: .custom(variables), workingDirectory: command.workingDirectory.map { FilePath($0) }, platformOptions: options)
  }

  /// What the system would cut short or misread. The messages name variables, never values.
  private static func check(_ command: ChildCommand) throws(ChildError) {
    func refuse(_ reason: String) -> ChildError { .cannotStart(program: command.program, reason: reason) }
    let hasNUL = ([command.program] + command.arguments).contains { $0.utf8.contains(0) }
    if hasNUL { throw refuse("an argument holds a NUL character") }
    for (name, value) in command.environment.sorted(by: { $0.key < $1.key }) {
      guard let first = name.utf8.first, !(0x30...0x39).contains(first), !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") })
      else { throw refuse("'\(name)' cannot be the name of an environment variable") }
      if value.utf8.contains(0) { throw refuse("the value of \(name) holds a NUL character") }
    }
  }
}

extension TerminationStatus {
  fileprivate var childStatus: ChildStatus {
    switch self {
    case .exited(let code): .exited(code)
    case .signaled(let number): .signaled(number)
    }
  }
}

/// Writing to a program that has closed its input is an error to handle, not a reason to die.
private enum BrokenPipeSignal {
  static let ignored: Void = { signal(SIGPIPE, SIG_IGN) }()
}
