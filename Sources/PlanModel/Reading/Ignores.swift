internal import Diagnostics
internal import YAMLReading

extension PlanReader {
  /// `lint: { ignore: [ { rule, at, reason, until } ] }`.
  func ignores(_ top: inout MappingReader) -> [LintIgnore] {
    guard let node = top.node("lint"), var reader = MappingReader(node, "`lint`", collector) else { return [] }
    let list = reader.node("ignore")
    reader.finish()
    guard let list else { return [] }
    guard let elements = list.elements else {
      collector.add(
        Diagnostic(
          "wrong-type", "`ignore` of `lint` is \(list.kindName), not a list", at: list.span, helps: ["write `- { rule: RULE, at: data.NAME, reason: WHY }`"]))
      return []
    }
    return elements.compactMap { element in
      guard var reader = MappingReader(element, "an ignore", collector) else { return nil }
      let rule = reader.requiredText("rule", example: "headroom-low")
      let at = reader.requiredText("at", example: "data.NAME")
      let reason = reader.requiredText("reason", example: "why it may stay")
      let until = reader.date("until")
      reader.finish()
      guard let rule, let at, let reason else { return nil }
      return LintIgnore(rule: rule, at: at, reason: reason.value, until: until)
    }
  }
}
