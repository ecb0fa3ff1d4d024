public import Diagnostics

/// Values in the places of the variables that a document names.
public struct Substitution: Sendable {
  /// A text that names variables: its own place, and which they are.
  public struct Use: Sendable {
    public var span: SourceSpan
    public var names: [String]
    /// The text is nothing but one of them.
    public var isWhole: Bool
  }
  public var document: YAMLDocument
  public var uses: [Use]
  public var diagnostics: [Diagnostic]
}

extension YAMLDocument {
  /// A text that is nothing but `${var.NAME}` becomes the variable's value, a number or `true` too; inside a longer one stands the value's text. Each
  /// keeps its own place. Keys are left alone, and may not name any.
  public func substituting(_ values: [String: YAMLNode], limits: YAMLLimits = .standard, unknown: (String, SourceSpan) -> Diagnostic) -> Substitution {
    guard let root, mentionsVariables else { return Substitution(document: self, uses: [], diagnostics: []) }
    var substituting = Substituting(TreeEditor(root.tree, limits: limits), values)
    var document = self
    do throws(Stop) {
      let index = try substituting.replaced(root.index)
      document = substituting.editor.document(file, root: index)
    } catch { substituting.diagnostics.append(error.diagnostic) }
    for (name, span) in substituting.unknown { substituting.diagnostics.append(unknown(name, span)) }
    return Substitution(document: document, uses: substituting.uses, diagnostics: substituting.diagnostics.sorted())
  }
}

extension YAMLNode {
  /// The same for a single text, which must name known variables only.
  public func substituting(_ values: [String: YAMLNode], limits: YAMLLimits = .standard) -> (node: YAMLNode, diagnostics: [Diagnostic]) {
    var substituting = Substituting(TreeEditor(limits: limits), values)
    do throws(Stop) {
      let grafted = try substituting.editor.graft(index, of: tree)
      let index = try substituting.replaced(grafted)
      return (substituting.editor.node(at: index), substituting.diagnostics)
    } catch { return (self, substituting.diagnostics + [error.diagnostic]) }
  }
}

private struct Substituting {
  var editor: TreeEditor
  let values: [String: YAMLNode]
  var uses: [Substitution.Use] = []
  var unknown: [(String, SourceSpan)] = []
  var diagnostics: [Diagnostic] = []
  /// What became of a node that several aliases name.
  private var known: [UInt32: UInt32] = [:]

  init(_ editor: TreeEditor, _ values: [String: YAMLNode]) { self.editor = editor; self.values = values }

  /// The node itself where nothing in it is another one.
  mutating func replaced(_ index: UInt32) throws(Stop) -> UInt32 {
    if let known = known[index] { return known }
    let node = editor.content.nodes[Int(index)]
    var result = index
    switch node.kind {
    case .alias:
      let target = try replaced(node.first)
      if target != node.first {
        var alias = node
        alias.first = target
        result = try editor.add(alias)
      }
    case .scalar: result = try scalar(node, index)
    case .sequence, .mapping:
      let old = Array(editor.content.children(of: node))
      var new = old
      for (at, child) in old.enumerated() {
        if node.kind == .mapping, at.isMultiple(of: 2) { try check(key: child) } else { new[at] = try replaced(child) }
      }
      if new != old { result = try editor.add(node, new) }
    }
    known[index] = result
    return result
  }

  private mutating func scalar(_ node: YAMLTree.Node, _ index: UInt32) throws(Stop) -> UInt32 {
    guard editor.content.bytes(of: node).reference(from: Int(node.first)) != nil else { return index }
    let bytes = Array(editor.content.bytes(of: node))
    let parts = bytes.textParts
    let span = editor.span(of: node)
    var text: [UInt8] = []
    var names: [String] = []
    for part in parts {
      switch part {
      case .text(let range): text += bytes[range]
      case .broken(let range):
        diagnostics.append(
          Diagnostic(
            .brokenReference, "`\(String(decoding: bytes[range], as: UTF8.self))` names no variable", at: span,
            helps: ["write `${var.NAME}`; if the text itself is meant, write `$${var.`"]))
      case .reference(let name, _):
        guard let value = values[name]?.scalar else {
          if values[name] == nil { unknown.append((name, span)) }
          continue
        }
        names.append(name)
        text += value.text.utf8
      }
      guard text.count <= editor.limits.substituted else {
        throw Stop(diagnostic: Diagnostic(.tooLarge, "with the values of its variables, this text has more than \(editor.limits.substituted) bytes", at: span))
      }
    }
    guard editor.content.text.count + text.count <= 2 * editor.limits.bytes else {
      throw Stop(diagnostic: Diagnostic(.tooLarge, "with the values of its variables, the plan has more than \(2 * editor.limits.bytes) bytes", at: span))
    }
    if !names.isEmpty { uses.append(.init(span: span, names: names, isWhole: parts.count == 1)) }
    var new = node
    if case .reference(let name, _) = parts[0], parts.count == 1, let value = values[name]?.scalar {
      new.isPlain = value.isPlain
      new.coreType = value.coreType
    } else if node.isPlain { new.coreType = CoreType(resolving: text) }
    return try editor.add(new, text: text)
  }

  private mutating func check(key index: UInt32) throws(Stop) {
    let node = editor.resolved(index, in: editor.content)
    guard node.kind == .scalar, editor.content.bytes(of: node).reference(from: Int(node.first)) != nil else { return }
    diagnostics.append(
      Diagnostic(
        .variableInKey, "a key cannot name a variable", at: editor.span(of: node),
        helps: ["write the key as it is; what differs between environments as a whole belongs into `overlays`"]))
  }
}
