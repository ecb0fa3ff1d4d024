public import ProviderInterface

/// The step kinds of Amazon RDS.
public enum RDSProvider {
  public static let kinds = [AnyStepKind(RDSCheck.self), AnyStepKind(RDSRestore.self)]
  public static func observers(on host: RDSHost) -> [any StepObserver] { [RDSCheckObserver(host: host), RDSRestoreObserver(host: host)] }
  public static func performers(on host: RDSHost) -> [any StepPerformer] { [RDSCheckPerformer(host: host), RDSRestorePerformer(host: host)] }
}
