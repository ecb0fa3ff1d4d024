internal import Diagnostics
internal import YAMLReading

/// What an environment, or a file of its own, changes of a plan.
struct Overlay {
  /// Values of variables.
  var variables: [YAMLMember]
  /// Laid over the plan.
  var merge: YAMLNode?

  init?(_ node: YAMLNode, _ what: String, _ collector: DiagnosticCollector, isFile: Bool = false) {
    guard var reader = MappingReader(node, what, collector) else { return nil }
    if isFile { readHeader(&reader, kind: "PlanOverlay") }
    _ = reader.text("description")
    variables = []
    if let section = reader.node("variables"), var values = MappingReader(section, "`variables` of \(what)", collector) {
      variables = values.allMembers()
      values.finish()
    }
    merge = reader.node("merge")
    reader.finish()
    guard let merge, var sections = MappingReader(merge, "`merge` of \(what)", collector) else { return }
    for member in sections.allMembers() where ["apiVersion", "kind", "variables", "overlays"].contains(member.key) {
      collector.add(
        Diagnostic(
          PlanCode.unknownKey.code, "`\(member.key)` cannot be changed by an overlay", at: member.keySpan,
          helps: member.key == "variables" ? ["values of variables stand in `variables` of the overlay itself, beside `merge`"] : ["take it out"]))
    }
  }

  /// An overlay that is a file.
  static func read(_ file: SourceFile, _ collector: DiagnosticCollector) -> (overlay: Overlay, document: YAMLDocument)? {
    let (document, findings) = readYAML(file)
    collector.add(contentsOf: findings)
    guard let root = document.root, let overlay = Overlay(root, "the overlay", collector, isFile: true) else { return nil }
    return (overlay, document)
  }
}
