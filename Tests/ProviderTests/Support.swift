import CanonicalJSON
import ChildProcess
import CommandProvider
import Diagnostics
import HTTPClient
import HTTPProvider
import ObjectStore
import OperatorProvider
import PlanModel
import ProviderInterface
import RecoveryPointProvider
import RecoveryPoints
import TestSupport
import Testing
import Units
import YAMLReading

let kinds = StepKinds([
  AnyStepKind(CommandRun.self), AnyStepKind(HTTPCheck.self), AnyStepKind(OperatorConfirm.self), AnyStepKind(RecoveryPointCopy.self),
  AnyStepKind(RecoveryPointExpire.self), AnyStepKind(RecoveryPointPing.self), AnyStepKind(RecoveryPointHold.self), AnyStepKind(RecoveryPointRelease.self),
])
private let children = ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR))
private let path = ["PATH": "/usr/bin:/bin"]
let performers = StepPerformers([
  CommandPerformer(children, path), HTTPCheckPerformer(HTTPClient()), RecoveryPointCopyPerformer(), RecoveryPointExpirePerformer(), RecoveryPointPingPerformer(HTTPClient()),
  RecoveryPointHoldPerformer(), RecoveryPointReleasePerformer(),
])
let observers = StepObservers([CommandObserver(children, path), RecoveryPointCopyObserver(), RecoveryPointExpireObserver(), RecoveryPointHoldObserver()])
let noon = Timestamp(milliseconds: 1_795_521_600_000)
let canary = "canary-7f3a/+ 9"

/// The step of a small plan, decoded as `lint` and `plan` decode it.
func step(_ text: String) throws -> StepSpecification {
  let plan = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: small, owner: sre }
    objectives: { rto: 4h, rpo: 1h }
    secrets: { token: { env: TOKEN } }
    servers: { db: { postgresql: { url: { secret: token } } } }
    stores: { east: { directory: { path: east } }, west: { directory: { path: west } } }
    data: { shop: { on: [db], protect: { p: { logical: {}, every: 1h, to: [east], copy: [west] } } } }
    scenarios:
      loss:
        steps:
          before: { command.run: { run: [uname], captureLine: true }, irreversible: prints }
          it: { \(text), irreversible: tested }
    """
  let (document, _) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(plan.utf8)))
  let (read, problems) = readPlan(document)
  let none = ProtectionSteps(backup: { _, _, _ in nil }, copy: { _, _, _, _ in nil }, expire: { _, _, _, _ in nil })
  let (typed, untyped) = typecheck(try #require(read, "\(problems)"), kinds: kinds, protection: none)
  return try #require(typed.scenarios.first?.steps.first { $0.specification.name == "it" }?.specification, "\(problems + untyped)")
}

struct Stores: StoreOpening {
  var byName: [StoreName: any ObjectStore] = [:]
  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { try await opening(store) }
  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore {
    guard let found = byName[store.name] else { throw StepFailure("store-unreachable", "`\(store.name)` is not mounted", transient: true) }
    return found
  }
}

struct Secrets: SecretResolving {
  func resolve(_: SecretReference) async throws(StepFailure) -> SecretValue { SecretValue(canary) }
}

func performing(_ stores: Stores = Stores(), now: Timestamp = noon) -> PerformingContext {
  PerformingContext(
    mark: StepMark(run: RunID(rawValue: "20261124T120000Z-test"), step: "it", attempt: 1), earlierMarks: [], plan: "small", planDigest: "d",
    toolVersion: "1.0.0", timeout: .minutes(1), secrets: Secrets(), stores: stores, outputs: ["before": ["line": .text("Linux")]], now: { now },
    report: { _ in })
}

func observing(_ stores: Stores = Stores(), now: Timestamp = noon) -> ObservingContext {
  ObservingContext(secrets: Secrets(), stores: stores, timeout: .seconds(30), now: { now })
}

func perform(_ step: StepSpecification, _ context: PerformingContext = performing()) async throws -> StepResult {
  try await performers.perform(step.kind, step.arguments, in: context)
}

func conformance<World>(
  _ step: StepSpecification, _ context: PerformingContext = performing(), world: @escaping @Sendable () async throws -> World
) throws -> StepConformance<World> {
  StepConformance(try #require(kinds[step.kind]), step.arguments.json, performers, context, world: world)
}
