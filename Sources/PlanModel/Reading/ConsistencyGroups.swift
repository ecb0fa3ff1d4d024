internal import Diagnostics
internal import Units
internal import YAMLReading

/// `consistency: { shop: { data: [orders, files], within: 5m } }`.
extension PlanReader {
  func consistencyGroup(_ name: Located<Name<ConsistencyGroup>>, _ reader: consuming MappingReader) -> ConsistencyGroup? {
    let dataClasses: [Located<DataClassName>] = nonEmpty("data", &reader, example: "[orders, files]")
    let within = reader.timeSpan("within")
    if let only = dataClasses.first, dataClasses.count == 1 {
      collector.add(
        Diagnostic(
          "wrong-value", "\(reader.what) holds `\(only.value)` alone, which agrees with itself", at: only.span, helps: ["name the data classes that it must agree with"]))
    }
    reader.finish()
    return ConsistencyGroup(name: name, dataClasses: dataClasses, within: within ?? Located(.zero, at: name.span))
  }
}

extension ReferenceChecker {
  /// What is derived is made from its source, and what is ephemeral may be lost: neither has points that could agree with others.
  func check(_ group: ConsistencyGroup) {
    for name in group.dataClasses {
      refer(name, "data class", plan.dataClasses.map(\.name))
      guard let dataClass = plan.dataClass(name.value), dataClass.derivation?.rebuild != nil || dataClass.ephemeral != nil else { continue }
      let why = dataClass.ephemeral != nil ? "may be lost" : "is made anew from its source"
      collector.add(
        Diagnostic("wrong-value", "`\(name.value)` \(why), so it cannot hold `\(group.name.value)` together", at: name.span, helps: ["remove it from the group"]))
    }
  }
}
