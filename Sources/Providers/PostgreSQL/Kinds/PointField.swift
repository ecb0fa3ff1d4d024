internal import Diagnostics
internal import PlanModel
internal import PointSteps
internal import ProviderInterface
internal import Units
internal import YAMLReading

extension MappingReader {
  /// A point: an id, `latest`, which counts if nothing is written, or `{ before: TIME }`, the time being an input. Nil where that is wrong.
  mutating func chosenPoint(_ key: String, in plan: Plan) -> ChosenPoint? {
    guard let node = node(key) else { return .latest }
    guard node.scalar == nil else { return text(key).map { ChosenPoint($0.value) } }
    guard var reader = MappingReader(node, "`\(key)` of \(what)", collector) else { return nil }
    let before = reader.required("before", example: "{ output: STEP.time }")
    let whole = "`before` of \(reader.what)"
    reader.finish()
    guard let before, let input = readInput(before, whole, in: plan, collector) else { return nil }
    guard case .text(let text) = input, Timestamp(text) == nil else { return .before(input) }
    collector.add(Diagnostic("wrong-value", "`\(text)` is no time", at: before.span, label: "expected `2026-11-24T08:15:34Z` or `{ output: STEP.time }`"))
    return nil
  }
}
