public import ChildProcess
public import ProviderInterface

/// What the steps of this provider need of the host they run on.
public struct TerraformHost: Sendable {
  let children: ChildRunner
  /// This process's own.
  let environment: [String: String]
  /// From which relative paths count: the folder of the plan file.
  let folder: String
  var temporaryFolder: String { environment["TMPDIR"] ?? "/tmp" }

  public init(children: ChildRunner, environment: [String: String], folder: String) {
    self.children = children; self.environment = environment; self.folder = folder
  }

  func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
}

/// The step kind of Terraform and OpenTofu.
public enum TerraformProvider {
  public static let kinds = [AnyStepKind(TerraformApply.self)]
  public static func observers(on host: TerraformHost) -> [any StepObserver] { [TerraformObserver(host: host)] }
  public static func performers(on host: TerraformHost) -> [any StepPerformer] { [TerraformPerformer(host: host)] }
}
