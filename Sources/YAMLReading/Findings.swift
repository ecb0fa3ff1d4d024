internal import Diagnostics

/// The words for what the composer finds.
extension Composer {
  func emptyFile() -> Diagnostic {
    let hasText = source.lines.bytes.dropFirst(source.lines.textStart).contains { $0 > 0x20 }
    let mark = SourceMark(line: 1, column: 1)
    return Diagnostic(
      .empty, hasText ? "the file has no content, only comments or document marks" : "the file is empty",
      at: SourceSpan(path: source.path, start: mark, end: mark))
  }

  func otherVersion(_ version: String, at mark: CompactMark) -> Diagnostic {
    let line = (1...Int(mark.line)).first { source.line($0).starts(with: "%YAML".utf8) } ?? Int(mark.line)
    return Diagnostic(
      .version, "the file says that it is YAML \(version), and is read as YAML 1.2",
      at: source.phrase(at: SourceMark(line: line, column: 1)), helps: ["remove the line"])
  }

  func secondDocument(at mark: CompactMark) -> Diagnostic {
    Diagnostic(
      .secondDocument, "the file has a second document", at: source.word(at: mark.sourceMark), label: "it starts here",
      helps: ["keep one document in a file: move this one to a file of its own, or remove the line"])
  }

  func tooManyFindings(at span: SourceSpan?) -> Diagnostic {
    Diagnostic(
      .tooManyFindings, "\(limits.diagnostics) findings; reading stopped here", at: span,
      helps: ["mend the first ones and look again"])
  }

  func tooDeep(at mark: CompactMark) -> Diagnostic {
    Diagnostic(.tooDeep, "nested more than \(limits.depth) deep", at: source.word(at: mark.sourceMark))
  }

  func tooManyNodes(at mark: CompactMark) -> Diagnostic {
    Diagnostic(
      .tooManyNodes, "the file has more than \(limits.nodes) values", at: source.word(at: mark.sourceMark),
      label: "reading stopped here")
  }

  func ambiguous(_ node: YAMLTree.Node, readAs other: String) -> Diagnostic {
    let text = content.string(of: node)
    let here = switch node.coreType {
    case .int where !text.hasPrefix("0o"), .float: "the number \(text.drop { "0+".contains($0) })"
    case .int: "an octal number"
    default: "text"
    }
    var helps = ["quote it where text is meant: \"\(text)\""]
    if other == "true" || other == "false" { helps.append("write \(other) where a truth value is meant") }
    if node.coreType == .int { helps.append("write it in decimal, without a leading 0, where a number is meant") }
    return Diagnostic(
      .ambiguousValue, "`\(text)` is \(here) in YAML 1.2, and \(other) for tools that read YAML 1.1",
      at: span(node), label: "quote it", helps: helps
    ).fixed(by: quoted(node, text))
  }

  /// Text stays text; whether a number was meant as one nobody can tell. What needs escapes is left to people.
  private func quoted(_ node: YAMLTree.Node, _ text: String) -> Diagnostic.Fix? {
    guard node.coreType == .string, node.start.line == node.end.line, !text.contains(where: { "\"\\".contains($0) }) else { return nil }
    return Diagnostic.Fix(span(node), "\"\(text)\"", isSafe: true)
  }

  /// A `- ` that was meant as an entry and is read as text, as it is indented further than the entry before it.
  func entryInText(at mark: SourceMark, of node: YAMLTree.Node) -> Diagnostic {
    Diagnostic(
      .indentation, "this entry is read as more text of the value above it", at: source.phrase(at: mark),
      related: [.init(span: source.word(at: node.start.sourceMark), label: "the value starts here")],
      helps: ["indent it like the entries it stands beside", "quote the text if it goes over several lines"])
  }

  func customTag(_ tag: String, at mark: CompactMark) -> Diagnostic {
    Diagnostic(
      .customTag, "the tag `\(shown(tag))` is not one of YAML's own", at: source.word(at: mark.sourceMark),
      notes: [
        "tags can make some readers run code, so only `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!map` and `!!seq` are read"
      ],
      helps: ["remove the tag; quote the value if it begins with `!`"])
  }

  func tagMismatch(_ tag: String, found: String, at mark: CompactMark) -> Diagnostic {
    let name = tag.split(separator: ":").last ?? ""
    return Diagnostic(.tagMismatch, "\(found) does not fit the tag `!!\(name)`", at: source.word(at: mark.sourceMark))
  }

  func undefinedAlias(_ name: String, _ node: YAMLTree.Node, known: some Sequence<String>) -> Diagnostic {
    let near = nearestNames(to: name, in: known)
    let meant = near.map { "`*\(shown($0))`" }.joined(separator: " or ")
    return Diagnostic(
      .aliasUndefined, "no anchor `&\(shown(name))` comes before this alias", at: span(node),
      helps: [near.isEmpty ? "quote the value if it is text that begins with `*`" : "did you mean \(meant)?"])
  }

  func recursiveAlias(_ name: String, _ node: YAMLTree.Node, inside anchor: YAMLTree.Node) -> Diagnostic {
    Diagnostic(
      .aliasRecursive, "the alias `*\(shown(name))` stands inside the value that it names", at: span(node),
      related: [.init(span: source.word(at: anchor.start.sourceMark), label: "the value starts here")])
  }

  func aliasExpansion(_ node: YAMLTree.Node) -> Diagnostic {
    Diagnostic(
      .aliasExpansion, "aliases would make this document larger than \(limits.expandedNodes) values",
      at: node.kind == .alias ? span(node) : source.word(at: node.start.sourceMark), label: "reading stopped here")
  }

  func keyNotText(_ key: YAMLTree.Node, value: YAMLTree.Node) -> Diagnostic {
    let (problem, label) = switch key.kind {
    case .scalar: ("a key is missing before the colon", "no key")
    case .alias: ("a key cannot be an alias", "write the key out")
    case .sequence: ("a key cannot be a list", "a list")
    case .mapping: ("a key cannot be a mapping", "a mapping")
    }
    let span = key.start == key.end ? source.word(at: key.start.sourceMark) : span(key)
    // `{{ name }}` of a template reads as a mapping whose key is a mapping.
    let template = key.kind == .mapping && source.rest(from: key.start.sourceMark).starts(with: "{".utf8)
    return Diagnostic(
      .keyNotText, problem, at: span, label: label, helps: template ? ["quote the value if it is text that begins with `{`"] : [])
  }

  func mergeKey(_ node: YAMLTree.Node) -> Diagnostic {
    Diagnostic(
      .mergeKey, "the merge key `<<` is not part of YAML 1.2", at: span(node),
      helps: ["write the members out, or use an alias for a whole value: `key: *name`"])
  }

  func duplicateKey(_ text: String, _ node: YAMLTree.Node, first: YAMLTree.Node) -> Diagnostic {
    Diagnostic(
      .duplicateKey, "the key `\(shown(text))` is given twice", at: span(node), label: "given again here; not used",
      related: [.init(span: span(first), label: "first given here")],
      helps: ["remove one of the two, or rename it"])
  }

  func span(_ node: YAMLTree.Node) -> SourceSpan {
    SourceSpan(path: source.path, start: node.start.sourceMark, end: node.end.sourceMark)
  }

  /// Text of the file in a message: cut where it is long.
  private func shown(_ text: String) -> String {
    text.unicodeScalars.count <= 60 ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(60))) + "…"
  }
}
