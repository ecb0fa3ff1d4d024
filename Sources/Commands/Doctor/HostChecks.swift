internal import CanonicalJSON
internal import ChildProcess
internal import CommandProvider
internal import GitProvider
internal import PlanModel
internal import ProviderInterface
internal import TerraformProvider
internal import Units

/// A program that a step will run: what is looked for, and for whom.
struct NeededProgram: Hashable, Sendable {
  var program: String
  /// Where the step's environment says so.
  var path: String?
  /// Steps by scenario, in the plan's order.
  var users: [String]

  /// Of all steps of a plan, those that undo and observe too, `git` for steps of Git, `ssh-keygen` for approvals, and `age` where points are encrypted; each program once.
  static func all(in plan: TypedPlan) -> [NeededProgram] {
    var found: [NeededProgram] = []
    for scenario in plan.scenarios {
      for step in scenario.steps + [scenario.rollbackBefore, scenario.rollbackAfter].compactMap({ $0 }) {
        let specification = step.specification
        var commands = [(specification.kind, specification.arguments.json)]
        if case .step(let undo) = specification.undo { commands.append((undo.kind, undo.arguments.json)) }
        let user = "`\(specification.name)` of `\(scenario.scenario.name.value)`"
        for (kind, json) in commands {
          if GitProvider.kinds.contains(where: { $0.name == kind }) { add(NeededProgram(program: "git", users: [user]), to: &found) }
          if kind == TerraformApply.name { add(NeededProgram(program: json["program"]?.string ?? "terraform", users: [user]), to: &found) }
          var path: String?
          if kind == CommandRun.name, let arguments = try? CanonicalJSON.decode(CommandRun.Arguments.self, from: json),
            case .text(let text) = arguments.environment["PATH"]
          { path = text }
          for field in plan.kinds[kind]?.fields ?? [] {
            guard case .argumentList = field.shape, let program = json[field.name]?.array?.first?.string else { continue }
            add(NeededProgram(program: program, path: path, users: [user]), to: &found)
          }
        }
      }
    }
    for scenario in plan.scenarios where scenario.scenario.approval != nil || scenario.steps.contains(where: { $0.specification.approval != nil }) {
      add(NeededProgram(program: "ssh-keygen", users: ["approvals of `\(scenario.scenario.name.value)`"]), to: &found)
    }
    for dataClass in plan.plan.dataClasses where dataClass.identity != nil || dataClass.protections.contains(where: { !$0.recipients.isEmpty }) {
      add(NeededProgram(program: "age", users: ["encrypted points of `\(dataClass.name.value)`"]), to: &found)
    }
    return found
  }

  private static func add(_ needed: NeededProgram, to found: inout [NeededProgram]) {
    guard let known = found.firstIndex(where: { $0.program == needed.program && $0.path == needed.path }) else { return found.append(needed) }
    for user in needed.users where !found[known].users.contains(user) { found[known].users.append(user) }
  }

  /// `place`: where it was found, or why not.
  func outcome(_ place: Result<String, ChildError>) -> CheckOutcome {
    let purpose = "needed by " + users.joined(separator: ", ")
    return switch place {
    case .success(let file): CheckOutcome(program, .ok, file == program ? "is there, \(purpose)" : "\(file), \(purpose)")
    case .failure(let error): CheckOutcome(program, .failed, "\(error); \(purpose)", helps: ["install it, or put its folder on the PATH that `sie-dr` runs with"])
    }
  }

  func look(_ environment: [String: String]) -> CheckOutcome {
    var variables = ChildCommand.toolDefaults(from: environment)
    if let path { variables["PATH"] = path }
    do throws(ChildError) { return outcome(.success(try ChildCommand(program, environment: variables, deadline: .seconds(1)).locate())) } catch {
      return outcome(.failure(error))
    }
  }
}

extension SecretReference {
  func outcome(_ problem: StepFailure?) -> CheckOutcome {
    if let problem { return CheckOutcome(name.rawValue, problem, otherwise: "look where the plan says that the secret is") }
    return switch source {
    case .env(let variable): CheckOutcome(name.rawValue, .ok, "is in the environment variable \(variable)")
    case .file(let path): CheckOutcome(name.rawValue, .ok, "is in the file \(path)")
    case .command(let words): CheckOutcome(name.rawValue, .ok, "`\(words.first ?? "")` gives it")
    }
  }
}
