internal import ExecutionShell
internal import PlanModel

/// Where the state is: found the same way from every working directory.
enum StateFinding {
  /// `--state`, then SIE_DR_STATE, then the plan's `state:`, then `.sie-dr` beside the plan file.
  static func directory(_ option: String?, _ environment: [String: String], planState: String?, folder: String) -> StateDirectory {
    if let named = named(option, environment) { return named }
    let path = planState ?? ".sie-dr"
    return StateDirectory(path.hasPrefix("/") ? path : "\(folder)/\(path)")
  }

  /// For commands that know a run and no plan: `--state` or SIE_DR_STATE, else `.sie-dr` in the current folder.
  static func directory(_ option: String?, _ environment: [String: String]) -> StateDirectory {
    named(option, environment) ?? StateDirectory("\(Files.folder(of: "./x"))/.sie-dr")
  }

  private static func named(_ option: String?, _ environment: [String: String]) -> StateDirectory? {
    guard let path = option ?? environment["SIE_DR_STATE"], !path.isEmpty else { return nil }
    return StateDirectory(path.hasPrefix("/") ? path : "\(Files.folder(of: "./x"))/\(path)")
  }
}
