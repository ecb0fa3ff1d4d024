internal import CanonicalJSON
internal import ChangePlanning
internal import Diagnostics
internal import PlanModel
internal import Units
internal import YAMLReading

/// A file that `observe` wrote, taken in the place of a look at the world.
struct ObservationsFile {
  let file: SourceFile
  let record: RecordedObservations

  init(_ path: String) throws(CommandFailure) {
    file = SourceFile(path: path, bytes: try Files.read(path))
    guard let record = try? CanonicalJSON.decode(RecordedObservations.self, from: file.bytes), (1...RecordedObservations.currentFormat).contains(record.formatVersion) else {
      throw CommandFailure("observations-unreadable", "\(path) holds no observations that this sie-dr can read", helps: ["write it anew: `sie-dr observe PLAN --out \(path)`"])
    }
    self.record = record
  }

  /// Why it may not be used for this plan: it is of another one, or older than the plan allows. Without `now` nothing is too old.
  func problem(for plan: Plan, now: Timestamp?) -> Diagnostic? {
    guard record.plan == plan.metadata.name else {
      return Diagnostic("observations-of-another-plan", "\(file.path) was recorded for the plan `\(record.plan)`, not for `\(plan.metadata.name)`", at: nil, helps: [again])
    }
    guard let now, let limit = plan.observationsMaxAge, record.age(at: now) > limit.value else { return nil }
    return Diagnostic(
      "observations-too-old", "\(file.path) was recorded \(record.age(at: now).rounded) ago, at \(record.observedAt)", at: limit.span,
      label: "allowed are \(limit.value.rounded)", helps: [again])
  }

  private var again: String { "record anew, on a host with credentials: `sie-dr observe PLAN --out \(file.path)`" }

  /// What was measured, in the place of what the plan believes: each value with its place in the file.
  func overrides(for plan: YAMLNode?) -> [YAMLOverride] {
    guard let measured = readYAML(file).document.root?["measured"]?.members, let classes = plan?["data"] else { return [] }
    return measured.flatMap { member -> [YAMLOverride] in
      guard let dataClass = classes[member.key] else { return [] }
      let address = "data.\(member.key).estimate"
      guard dataClass["estimate"]?.members != nil else { return [YAMLOverride(address: address, span: member.keySpan, value: member.value)] }
      return (member.value.members ?? []).map { YAMLOverride(address: "\(address).\($0.key)", span: $0.keySpan, value: $0.value) }
    }
  }
}
