internal import CanonicalJSON
internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import YAMLReading

/// The steps of one scenario and which of them come before which: for rules about what must not come without, or before, something else.
struct OrderedSteps {
  let assessed: ScenarioAssessment
  private let graph: StepGraph
  private let reversed: StepGraph
  var steps: [TypedStep] { assessed.typed.steps }
  var scenario: ScenarioName { assessed.scenario.name.value }

  /// Nil where a cycle stands in the way; that has been reported.
  init?(_ assessed: ScenarioAssessment) {
    guard let network = assessed.recovery?.network else { return nil }
    self.assessed = assessed
    graph = network.graph
    reversed = graph.reversed
  }

  func indices(of kind: StepKindName) -> [Int] { steps.indices.filter { steps[$0].specification.kind == kind } }
  /// Those that begin only when this one is done.
  func after(_ step: Int) -> [TypedStep] { graph.descendants(of: step).map { steps[$0] } }
  /// Those that are done when this one begins.
  func before(_ step: Int) -> [TypedStep] { reversed.descendants(of: step).map { steps[$0] } }
  /// Those that name it in `needs`, or take its outputs.
  func waiting(for step: Int) -> [TypedStep] { graph.successors(of: step).map { steps[$0] } }
}

extension TypedStep {
  var name: StepName { specification.name }
  var kind: StepKindName { specification.kind }
  /// With what counts where a field is left out, and with what a name stands for.
  func argument(_ name: String) -> JSONValue? { specification.arguments.json[name] }
  /// The text that stands in a field of the step: asked first, since arguments become JSON only by being encoded whole.
  func written(_ name: String) -> String? { step?.fields[name]?.scalar?.text }
  func written(list name: String) -> [String]? { step?.fields[name]?.elements?.compactMap { $0.scalar?.text } }
  func has(_ name: String) -> Bool { step?.fields[name] != nil }
  /// The server that it is about.
  var server: ServerName? { written("server").map(ServerName.init(rawValue:)) ?? argument("server").flatMap { $0.string ?? $0["server"]?.string }.map(ServerName.init(rawValue:)) }
  func isIn(clusterOf other: TypedStep) -> Bool { (written("cluster").map { $0 == other.written("cluster") } ?? false) || argument("cluster") == other.argument("cluster") }
  /// Where the field stands, or else the step's name.
  func span(of field: String) -> SourceSpan { step?.fields[field]?.span ?? span }
  func writes(_ resources: Set<Resource>) -> Bool { !specification.footprint.writes.isDisjoint(with: resources) }
}
