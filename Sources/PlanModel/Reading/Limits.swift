internal import Diagnostics

extension PlanReader {
  func limits(_ top: inout MappingReader) -> [Limit] {
    capacities(&top, "limits", of: "limit", as: LimitName.self).map { Limit(name: $0.name, capacity: $0.capacity) }
  }

  /// What a step takes of the limits while it is at work.
  func uses(_ reader: inout MappingReader) -> [Step.Use] {
    capacities(&reader, "uses", of: "limit", as: LimitName.self).map { Step.Use(limit: $0.name, amount: $0.capacity) }
  }

  private func capacities<Of>(
    _ parent: inout MappingReader, _ key: String, of noun: String, as _: Name<Of>.Type
  ) -> [(name: Located<Name<Of>>, capacity: Located<Capacity>)] {
    guard let node = parent.node(key), var reader = MappingReader(node, "`\(key)`", collector) else { return [] }
    return reader.keys.compactMap { name in
      let span = reader.span(of: name)
      if let problem = Name<Of>.problem(in: name) {
        collector.add(Diagnostic("wrong-name", "`\(name)` is not a name for a \(noun)", at: span, label: problem))
      }
      return reader.capacity(name).map { (Located(Name(rawValue: name), at: span), $0) }
    }
  }
}

extension ReferenceChecker {
  func checkUses(of step: Step) {
    for use in step.uses {
      refer(use.limit, "limit", plan.limits.map(\.name))
      guard let limit = plan.limit(use.limit.value) else { continue }
      let there = limit.capacity.value
      let related = [Diagnostic.Related(span: limit.capacity.span, label: "all that there is")]
      if !use.amount.value.isComparable(with: there) {
        collector.add(
          Diagnostic(
            "wrong-value", "`\(step.name.value)` uses `\(use.amount.value)` of `\(limit.name.value)`, of which there is `\(there)`", at: use.amount.span,
            label: "one is a number of turns, the other a rate", related: related))
      } else if use.amount.value.units > there.units {
        collector.add(
          Diagnostic(
            "wrong-value", "`\(step.name.value)` uses more of `\(limit.name.value)` than there is", at: use.amount.span, label: "at most `\(there)`", related: related))
      }
    }
  }
}
