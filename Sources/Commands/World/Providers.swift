internal import AWSClient
internal import ChildProcess
internal import CommandProvider
internal import DNSProvider
internal import GitProvider
internal import HTTPClient
internal import HTTPProvider
internal import KubernetesProvider
internal import MeilisearchProvider
internal import NotificationProvider
internal import OperatorProvider
internal import PlanModel
internal import PointSteps
internal import PostgreSQLProvider
internal import RDSProvider
public import ProviderInterface
internal import RecoveryPointProvider
internal import RedisProvider
internal import TerraformProvider

/// The composition root: the only place that names concrete providers.
public enum Providers {
  /// What steps can be: pure, all that `lint` needs.
  public static let kinds = StepKinds(
    PostgreSQLProvider.kinds + RedisProvider.kinds + MeilisearchProvider.kinds + GitProvider.kinds + [
      AnyStepKind(RecoveryPointCopy.self), AnyStepKind(RecoveryPointExpire.self), AnyStepKind(RecoveryPointPing.self),
      AnyStepKind(RecoveryPointHold.self), AnyStepKind(RecoveryPointRelease.self), AnyStepKind(CommandRun.self),
      AnyStepKind(HTTPCheck.self), AnyStepKind(OperatorConfirm.self), AnyStepKind(DNSRecordKind.self), AnyStepKind(NotifySend.self),
    ] + KubernetesProvider.kinds + TerraformProvider.kinds + RDSProvider.kinds)

  /// What protections are made of.
  public static let protection = ProtectionSteps(
    backup: { protection, dataClass, plan in
      made(PostgreSQLBackup.self, PostgreSQLBackup.arguments(protection, of: dataClass, in: plan, onlyWhenDue: true), plan)
        ?? made(RedisBackup.self, RedisBackup.arguments(protection, of: dataClass, in: plan, onlyWhenDue: true), plan)
        ?? made(MeilisearchDump.self, MeilisearchDump.arguments(protection, of: dataClass, in: plan, onlyWhenDue: true), plan)
    },
    copy: { protection, dataClass, store, plan in
      made(RecoveryPointCopy.self, RecoveryPointCopy.arguments(protection, of: dataClass, to: store, in: plan), plan)
    },
    expire: { protection, dataClass, store, plan in
      made(RecoveryPointExpire.self, RecoveryPointExpire.arguments(protection, of: dataClass, in: store, plan), plan)
    },
    ping: { protection, dataClass, plan in made(RecoveryPointPing.self, RecoveryPointPing.arguments(protection, of: dataClass, in: plan), plan) },
    check: { protection, _, plan in
      if case .managed(let database) = protection.method { made(RDSCheck.self, RDSCheck.arguments(database, in: plan), plan) } else { nil }
    })

  /// The kind of step that removes what retention no longer keeps.
  static let expiry = RecoveryPointExpire.name
  /// The kind of step that tells of a new point.
  static let call = RecoveryPointPing.name

  /// The reading halves: all that `plan` is handed. Relative paths count from `folder`, that of the plan file.
  static func observers(_ children: ChildRunner, _ environment: [String: String], folder: String) -> StepObservers {
    StepObservers(
      PostgreSQLProvider.observers + RedisProvider.observers
        + MeilisearchProvider.observers(on: MeilisearchHost(children: children, client: HTTPClient(), environment: environment, folder: folder))
        + GitProvider.observers(on: GitHost(children: children, environment: environment, folder: folder)) + [
        RecoveryPointCopyObserver(), RecoveryPointExpireObserver(), RecoveryPointHoldObserver(), CommandObserver(children, environment), DNSRecordObserver(names(environment, folder)),
      ] + KubernetesProvider.observers(on: KubernetesHost(children: children, environment: environment, folder: folder))
        + TerraformProvider.observers(on: TerraformHost(children: children, environment: environment, folder: folder))
        + RDSProvider.observers(on: rds(environment, folder: folder)))
  }

  /// The changing halves.
  static func performers(_ children: ChildRunner, _ environment: [String: String], _ outbox: Outbox, folder: String) -> StepPerformers {
    let host = PostgreSQLHost(children: children, programs: .standard(environment: environment), temporaryFolder: environment["TMPDIR"] ?? "/tmp",
      path: environment["PATH"], environment: environment, folder: folder)
    return StepPerformers(
      PostgreSQLProvider.performers(on: host) + RedisProvider.performers(on: RedisHost(children: children, path: environment["PATH"]))
        + MeilisearchProvider.performers(on: MeilisearchHost(children: children, client: HTTPClient(), environment: environment, folder: folder))
        + GitProvider.performers(on: GitHost(children: children, environment: environment, folder: folder)) + [
        RecoveryPointCopyPerformer(), RecoveryPointExpirePerformer(), RecoveryPointPingPerformer(HTTPClient(trustedBy: environment)),
        RecoveryPointHoldPerformer(), RecoveryPointReleasePerformer(), CommandPerformer(children, environment),
        HTTPCheckPerformer(HTTPClient(trustedBy: environment)), DNSRecordPerformer(names(environment, folder)), NotifySendPerformer(outbox),
      ] + KubernetesProvider.performers(on: KubernetesHost(children: children, environment: environment, folder: folder))
        + TerraformProvider.performers(on: TerraformHost(children: children, environment: environment, folder: folder))
        + RDSProvider.performers(on: rds(environment, folder: folder)))
  }

  static func rds(_ environment: [String: String], folder: String) -> RDSHost {
    RDSHost(.standard(environment, folder: folder))
  }

  /// What moves names: the questions and updates of DNS, and the calls of AWS.
  static func names(_ environment: [String: String], _ folder: String) -> DNSNetwork { DNSNetwork(aws: .standard(environment, folder: folder)) }

  private static func made<Kind: StepKind>(_: Kind.Type, _ arguments: Kind.Arguments?, _ plan: Plan) -> UnderstoodArguments? {
    arguments.map { UnderstoodArguments(Kind.self, $0, in: plan) }
  }
}
