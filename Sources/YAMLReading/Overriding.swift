public import Diagnostics

/// A value that takes the place of one in a document: what `--set` and the tests of a plan say.
public struct YAMLOverride: Sendable {
  /// Keys from the root on, `data.insights.estimate.size`; a number is a place in a list.
  public var address: String
  /// Of the address.
  public var span: SourceSpan
  public var value: YAMLNode
  public init(address: String, span: SourceSpan, value: YAMLNode) { self.address = address; self.span = span; self.value = value }
}

extension YAMLDocument {
  /// The same document with these values in their places, each knowing where it was written. What a mapping does not have is added to it; what
  /// it would lie in must be there. The text of the file stays as it is.
  public func replacing(_ overrides: [YAMLOverride], limits: YAMLLimits = .standard) -> (document: YAMLDocument, diagnostics: [Diagnostic]) {
    guard let root, !overrides.isEmpty else { return (self, []) }
    var editor = TreeEditor(root.tree, limits: limits)
    var index = root.index
    var diagnostics: [Diagnostic] = []
    for override in overrides {
      do throws(Stop) { index = try editor.copy(index, at: override.address[...], override) } catch { diagnostics.append(error.diagnostic) }
    }
    return (editor.document(file, root: index), diagnostics)
  }
}

extension TreeEditor {
  /// The node with the override's value at `rest`, which counts from it.
  fileprivate mutating func copy(_ index: UInt32, at rest: Substring, _ override: YAMLOverride) throws(Stop) -> UInt32 {
    var node = resolved(index, in: content)
    // What a scalar has are bytes of text.
    var children = node.kind == .scalar ? [] : Array(content.children(of: node))
    // As for a reader of mappings: nothing is an empty mapping.
    if node.kind == .scalar, node.coreType == .null { node.kind = .mapping }
    switch node.kind {
    case .mapping:
      let keys = stride(from: 0, to: children.count, by: 2).map { content.string(of: resolved(children[$0], in: content)) }
      // Keys may hold dots, as a step's kind does: the longest that fits is meant.
      let fitting = keys.enumerated().filter { rest == $0.element || rest.hasPrefix($0.element + ".") }.max { $0.element.count < $1.element.count }
      if let fitting {
        let value = 2 * fitting.offset + 1
        children[value] = try replacement(for: children[value], at: rest.dropFirst(fitting.element.count), override)
      } else {
        guard !rest.isEmpty, !rest.contains(".") else { throw unknown(rest, override, known: keys) }
        children += [try key(String(rest), override), try graft(override.value.index, of: override.value.tree)]
      }
    case .sequence:
      let number = rest.prefix { $0 != "." }
      guard let at = Int(number), children.indices.contains(at) else { throw unknown(rest, override, known: children.indices.map(String.init)) }
      children[at] = try replacement(for: children[at], at: rest.dropFirst(number.count), override)
    case .scalar, .alias: throw unknown(rest, override, known: [])
    }
    return try add(node, children)
  }

  private mutating func replacement(for child: UInt32, at rest: Substring, _ override: YAMLOverride) throws(Stop) -> UInt32 {
    rest.isEmpty ? try graft(override.value.index, of: override.value.tree) : try copy(child, at: rest.dropFirst(), override)
  }

  private mutating func key(_ text: String, _ override: YAMLOverride) throws(Stop) -> UInt32 {
    let span = override.span
    return try add(YAMLTree.Node(kind: .scalar, source: source(span.path), start: CompactMark(span.start), end: CompactMark(span.end)), text: text.utf8)
  }

  private func unknown(_ rest: Substring, _ override: YAMLOverride, known: [String]) -> Stop {
    let step = rest.prefix { $0 != "." }
    let above = override.address.dropLast(rest.count)
    let near = nearestNames(to: String(step), in: known).map { "`\(above)\($0)`" }
    let there = known.isEmpty ? "`\(above.dropLast())` holds a single value, or nothing" : "it has " + known.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
    return Stop(
      diagnostic: Diagnostic(
        .unknownAddress, "the plan has no `\(above)\(step)`", at: override.span,
        helps: [near.isEmpty ? there : "did you mean \(near.joined(separator: " or "))?"]
          + (step == rest ? [] : ["to add it whole, write `\(above)\(step)={ … }`"])))
  }
}

extension CompactMark {
  fileprivate init(_ mark: SourceMark) { self.init(line: UInt32(clamping: mark.line), column: UInt32(clamping: mark.column)) }
}
