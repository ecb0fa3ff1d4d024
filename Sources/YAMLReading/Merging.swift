public import Diagnostics

extension YAMLDocument {
  /// The same document with a patch laid over it, as a JSON Merge Patch (RFC 7396) does: mappings are merged, lists and single values replaced, and
  /// `null` removes. A key without any value is an empty mapping, as everywhere in a plan. Each value knows where it was written.
  public func merging(_ patch: YAMLNode, limits: YAMLLimits = .standard) -> (document: YAMLDocument, diagnostics: [Diagnostic]) {
    guard let root else { return (self, []) }
    var editor = TreeEditor(root.tree, limits: limits)
    do throws(Stop) {
      let index = try editor.merge(patch.index, of: patch.tree, into: root.index, at: "")
      return (editor.document(file, root: index), [])
    } catch { return (self, [error.diagnostic]) }
  }

  /// Without these members of the root.
  public func without(_ keys: Set<String>) -> YAMLDocument {
    guard let root, let members = root.members, members.contains(where: { keys.contains($0.key) }) else { return self }
    var editor = TreeEditor(root.tree, limits: .standard)
    let node = editor.resolved(root.index, in: editor.content)
    let children = Array(editor.content.children(of: node))
    let kept = zip(members, stride(from: 0, to: children.count, by: 2)).filter { !keys.contains($0.0.key) }.flatMap { [children[$0.1], children[$0.1 + 1]] }
    guard let index = try? editor.add(node, kept) else { return self }
    return editor.document(file, root: index)
  }
}

extension TreeEditor {
  /// The node with the patch laid over it; its own place stays.
  fileprivate mutating func merge(_ patch: UInt32, of tree: YAMLTree, into index: UInt32, at address: String) throws(Stop) -> UInt32 {
    let over = resolved(patch, in: tree.content)
    var node = resolved(index, in: content)
    let isEmpty = node.kind == .scalar && node.coreType == .null
    // What says nothing changes nothing.
    if over.isUnsaid, node.kind == .mapping || isEmpty { return index }
    guard over.kind == .mapping, node.kind == .mapping || isEmpty else { return try graft(patch, of: tree) }
    var children = isEmpty ? [] : Array(content.children(of: node))
    node.kind = .mapping
    let members = Array(tree.content.children(of: over))
    var positions: [String: Int] = [:]
    var removed: Set<Int> = []
    for at in stride(from: 0, to: children.count, by: 2) { positions[content.string(of: resolved(children[at], in: content))] = at }
    for at in stride(from: 0, to: members.count, by: 2) {
      let key = tree.content.string(of: resolved(members[at], in: tree.content))
      let value = resolved(members[at + 1], in: tree.content)
      let position = positions[key]
      let inner = address.isEmpty ? key : "\(address).\(key)"
      if value.kind == .scalar, value.coreType == .null, !value.isUnsaid {
        guard let position else { throw nothingToRemove(resolved(members[at], in: tree.content), tree, key, address, known: positions.keys.sorted()) }
        removed.formUnion([position, position + 1])
      } else if let position {
        children[position + 1] = try merge(members[at + 1], of: tree, into: children[position + 1], at: inner)
      } else {
        positions[key] = children.count
        children += [try graft(members[at], of: tree), try graft(members[at + 1], of: tree)]
      }
    }
    return try add(node, removed.isEmpty ? children : children.enumerated().filter { !removed.contains($0.offset) }.map(\.element))
  }

  private func nothingToRemove(_ key: YAMLTree.Node, _ tree: YAMLTree, _ name: String, _ address: String, known: [String]) -> Stop {
    let span = SourceSpan(path: tree.paths[Int(key.source)], start: key.start.sourceMark, end: key.end.sourceMark)
    let above = address.isEmpty ? "" : address + "."
    let near = nearestNames(to: name, in: known).map { "`\(above)\($0)`" }
    return Stop(
      diagnostic: Diagnostic(
        .unknownAddress, "the plan has no `\(above)\(name)` that could be removed", at: span,
        helps: [near.isEmpty ? "take it out of the overlay" : "did you mean \(near.joined(separator: " or "))?"]))
  }
}

extension YAMLTree.Node {
  /// A key with nothing behind it, not even `null`.
  fileprivate var isUnsaid: Bool { kind == .scalar && isPlain && count == 0 }
}
