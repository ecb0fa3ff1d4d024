@testable import Commands
import Diagnostics
import Objectives
import PlanModel
import ProviderInterface
import Units
import YAMLReading

/// A plan of one data class, two sites, two stores, with the parts that the arithmetic depends on.
struct PlanShape {
  var every = "30m"
  var protection = ""
  var estimate = "dump: 9m, upload: 3m, copy: 2m, restore: 1h"
  var copy = "[far]"
  var on = "[pg-east]"
  /// Instead of the backup.
  var protect: String?
  var loses = "loses: { sites: [east] }"
  var detect = "detect: { noticedWithin: 10m }"
  var steps = "restore: { postgresql.restore: { data: orders, server: pg-west }, timeout: 90m }"
  var more = ""
  var limits = "{}"

  var text: String {
    """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: shape }
    objectives: { rto: 4h, rpo: 1h }
    sites: { east: {}, west: {} }
    secrets: { east-url: { env: EAST }, west-url: { env: WEST, site: west } }
    servers:
      pg-east: { postgresql: { url: { secret: east-url } }, site: east }
      pg-west: { postgresql: { url: { secret: west-url } }, site: west }
    stores:
      near: { directory: { path: near }, site: east }
      far: { directory: { path: far }, site: west }
    limits: \(limits)
    probes:
      ready: { http: { url: "http://localhost/ready" }, every: 15s, timeout: 5s }
    data:
      orders:
        on: \(on)
        estimate: { \(estimate) }
        protect:
          \(protect ?? "regular: { logical: {}, every: \(every), to: [near], copy: \(copy), timeout: 20m, retries: 0\(protection) }")
    \(more)
    scenarios:
      lost:
        \(loses)
        \(detect)
        steps:
          \(steps)

    """
  }

  func assess(width: Int = 4) throws -> ScenarioAssessment {
    guard let scenario = Objectives.assess(try typedPlan(text), width: width).scenarios.first else { throw UnreadablePlan(diagnostics: []) }
    return scenario
  }
}

/// A plan from its text, understood as `lint` does, without an error.
func typedPlan(_ text: String) throws(UnreadablePlan) -> TypedPlan {
  let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)))
  let (plan, reading) = readPlan(document)
  guard let plan else { throw UnreadablePlan(diagnostics: yaml + reading) }
  let (typed, typing) = typecheck(plan, kinds: Providers.kinds, protection: Providers.protection)
  let errors = (yaml + reading + typing).filter { $0.severity == .error }
  guard errors.isEmpty else { throw UnreadablePlan(diagnostics: errors) }
  return typed
}

struct UnreadablePlan: Error, CustomStringConvertible {
  var diagnostics: [Diagnostic]
  var description: String { diagnostics.map(oneLine).joined(separator: "\n") }
}
