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

  /// What somebody else keeps less of than the plan counts on.
  func brokenPromises(in plan: Plan) -> [Diagnostic] {
    plan.dataClasses.flatMap { dataClass in
      dataClass.continuous.flatMap { protection -> [Diagnostic] in
        let broken = record.promises?[dataClass.name.value]?[protection.name.value]?.broken ?? []
        return broken.map { text in
          Diagnostic(
            "less-than-promised", "`\(protection.name.value)` of `\(dataClass.name.value)` keeps less than the plan counts on: \(text)", at: protection.name.span,
            label: "seen at \(record.observedAt)",
            notes: ["figures are computed with what was seen where that has a figure, else with what the plan states"],
            helps: ["correct it at the provider and look again: `sie-dr observe PLAN --out \(file.path)`", "or write into the plan what is true"])
        }
      }
    }
  }

  /// What was measured, in the place of what the plan believes: each value with its place in the file.
  func overrides(for plan: YAMLNode?) -> [YAMLOverride] {
    let root = readYAML(file).document.root
    guard let classes = plan?["data"] else { return [] }
    return measured(root?["measured"]?.members ?? [], classes) + worse(root?["promises"]?.members ?? [], classes)
  }

  /// One look proves no promise, so what is better than promised changes nothing; what is worse refutes it.
  private func worse(_ promises: [YAMLMember], _ classes: YAMLNode) -> [YAMLOverride] {
    promises.flatMap { dataClass in
      (dataClass.value.members ?? []).flatMap { protection -> [YAMLOverride] in
        guard let managed = classes[dataClass.key]?["protect"]?[protection.key]?["managed"] else { return [] }
        let address = "data.\(dataClass.key).protect.\(protection.key).managed"
        return (protection.value.members ?? []).compactMap { figure in
          let place = figure.key == "every" ? "every" : "pitr.\(figure.key)"
          guard figure.key == "every" || managed["pitr"]?[figure.key] != nil else { return nil }
          return YAMLOverride(address: "\(address).\(place)", span: figure.keySpan, value: figure.value)
        }
      }
    }
  }

  private func measured(_ measured: [YAMLMember], _ classes: YAMLNode) -> [YAMLOverride] {
    measured.flatMap { member -> [YAMLOverride] in
      guard let dataClass = classes[member.key] else { return [] }
      let address = "data.\(member.key).estimate"
      guard dataClass["estimate"]?.members != nil else { return [YAMLOverride(address: address, span: member.keySpan, value: member.value)] }
      return (member.value.members ?? []).map { YAMLOverride(address: "\(address).\($0.key)", span: $0.keySpan, value: $0.value) }
    }
  }
}
