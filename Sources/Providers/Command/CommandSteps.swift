public import ChildProcess
internal import CanonicalJSON
internal import PlanModel
public import ProviderInterface
internal import Units

/// Runs the `observe` command, if there is one.
public struct CommandObserver: StepObserver {
  public typealias Kind = CommandRun
  private let programs: StepPrograms

  public init(_ children: ChildRunner, _ environment: [String: String]) { programs = StepPrograms(children: children, own: environment) }

  public func looks(for arguments: CommandRun.Arguments) -> Bool { arguments.observe != nil }

  public func observe(_ arguments: CommandRun.Arguments, in context: ObservingContext) async -> Observation {
    guard let observe = arguments.observe else { return .nothing }
    var variables: [String: SecretValue] = [:]
    for (name, input) in arguments.environment {
      switch input {
      case .text(let text): variables[name] = SecretValue(text)
      case .secret(let reference):
        do throws(StepFailure) { variables[name] = try await context.secrets.resolve(reference) } catch { return .unreachable(error.message) }
      case .output: return .unreachable("the observe command takes an output that is known only during the run")
      }
    }
    switch await programs.goalHolds(observe, variables, timeout: context.timeout) {
    case .success(let holds): return Observation(facts: [Fact.holds: .bool(holds)])
    case .failure(let failure): return .unreachable(failure.message)
    }
  }
}

public struct CommandPerformer: StepPerformer {
  public typealias Kind = CommandRun
  private let programs: StepPrograms

  public init(_ children: ChildRunner, _ environment: [String: String]) { programs = StepPrograms(children: children, own: environment) }

  public func perform(_ arguments: CommandRun.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let output = try await programs.run(arguments.run, try await variables(arguments, context), context)
    let line = output.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return StepResult(
      summary: "`\(arguments.run.joined(separator: " "))` ended with \(output.status)", outputs: arguments.capturesLine ? ["line": .text(line)] : [:])
  }

  public func settle(_ arguments: CommandRun.Arguments, in context: PerformingContext) async -> Settlement {
    if let observe = arguments.observe {
      do throws(StepFailure) {
        switch await programs.goalHolds(observe, try await variables(arguments, context), timeout: context.timeout) {
        case .success(true): return .done(StepResult(summary: "its observe command says that the goal holds"))
        case .success(false): return .notDone
        case .failure(let failure): return .unknown(failure.message)
        }
      } catch {
        return .unknown(error.message)
      }
    }
    if arguments.isIdempotent { return .notDone }
    return .unknown("`\(arguments.run.joined(separator: " "))` was started, and nobody saw its end")
  }

  public func undo(_ arguments: CommandRun.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    guard let undo = arguments.undo else { return }
    _ = try await programs.run(undo, try await variables(arguments, context), context)
  }

  private func variables(_ arguments: CommandRun.Arguments, _ context: PerformingContext) async throws(StepFailure) -> [String: SecretValue] {
    var variables: [String: SecretValue] = [
      "SIE_DR_RUN": SecretValue(context.mark.run.rawValue), "SIE_DR_STEP": SecretValue(context.mark.step.rawValue),
      "SIE_DR_ATTEMPT": SecretValue(String(context.mark.attempt)),
    ]
    for name in arguments.environment.keys.sorted() {
      guard let input = arguments.environment[name] else { continue }
      variables[name] = try await context.resolve(input)
    }
    return variables
  }
}

/// Programs of steps: exactly the environment that was given, a deadline, failures in words.
struct StepPrograms: Sendable {
  let children: ChildRunner
  let own: [String: String]

  func run(_ arguments: [String], _ variables: [String: SecretValue], _ context: PerformingContext) async throws(StepFailure) -> ChildOutput {
    // The engine's deadline comes first and says so; this one only makes sure that nothing outlives it.
    let output: ChildOutput
    do throws(ChildError) { output = try await children.run(command(arguments, variables, timeout: context.timeout + .seconds(5))) } catch {
      throw failure(error, arguments)
    }
    guard output.succeeded else {
      let said = output.errorOutput.split(whereSeparator: \.isNewline).suffix(8).map { "it said: \($0)" }
      throw StepFailure(
        "command-failed", "`\(arguments.joined(separator: " "))` ended with \(output.status)", details: said.isEmpty ? ["it said nothing"] : said,
        helps: ["run it by hand to see why, then resume the run"])
    }
    return output
  }

  func goalHolds(_ arguments: [String], _ variables: [String: SecretValue], timeout: TimeSpan) async -> Result<Bool, StepFailure> {
    do throws(ChildError) {
      let output = try await children.run(command(arguments, variables, timeout: timeout))
      switch output.status {
      case .exited(0): return .success(true)
      case .exited(1): return .success(false)
      default:
        let name = arguments.joined(separator: " ")
        return .failure(StepFailure("observe-failed", "the observe command `\(name)` ended with \(output.status): 0 means that the goal holds, 1 that it does not"))
      }
    } catch {
      return .failure(failure(error, arguments))
    }
  }

  private func command(_ arguments: [String], _ variables: [String: SecretValue], timeout: TimeSpan) -> ChildCommand {
    let values = variables.mapValues { $0.reveal() }
    var command = ChildCommand(
      arguments.first ?? "", Array(arguments.dropFirst()), environment: ChildCommand.toolDefaults(from: own).merging(values) { _, given in given },
      deadline: timeout)
    command.secrets = values.filter { !$0.key.hasPrefix("SIE_DR_") }.map(\.value)
    return command
  }

  private func failure(_ error: ChildError, _ arguments: [String]) -> StepFailure {
    if case .cancelled = error { return .cancelled }
    return StepFailure("command-not-run", "`\(arguments.first ?? "")`: \(error)", helps: ["look whether the program is installed and on PATH, then resume the run"])
  }
}
