internal import Diagnostics

/// Makes a tree of another one. Nodes are never changed: each that differs is added anew, so that other aliases of the same content keep it.
struct TreeEditor {
  var content: YAMLTree.Content
  var paths: [String]
  let limits: YAMLLimits

  init(_ tree: YAMLTree, limits: YAMLLimits) {
    content = tree.content
    paths = tree.paths
    self.limits = limits
  }

  /// Of nothing yet.
  init(limits: YAMLLimits) {
    content = YAMLTree.Content()
    paths = []
    self.limits = limits
  }

  func node(at index: UInt32) -> YAMLNode { YAMLNode(tree: YAMLTree(paths: paths, content: content), index: index) }
  func document(_ file: SourceFile, root: UInt32) -> YAMLDocument { YAMLDocument(file: file, root: node(at: root)) }

  func span(of node: YAMLTree.Node) -> SourceSpan { SourceSpan(path: paths[Int(node.source)], start: node.start.sourceMark, end: node.end.sourceMark) }

  /// A copy of another tree's node, with what its aliases stand for.
  mutating func graft(_ index: UInt32, of tree: YAMLTree) throws(Stop) -> UInt32 {
    var node = resolved(index, in: tree.content)
    node.source = source(tree.paths[Int(node.source)])
    guard node.kind == .scalar else {
      var children: [UInt32] = []
      for child in tree.content.children(of: node) { children.append(try graft(child, of: tree)) }
      return try add(node, children)
    }
    return try add(node, text: tree.content.bytes(of: node))
  }

  mutating func add(_ node: YAMLTree.Node, _ children: [UInt32]) throws(Stop) -> UInt32 {
    var node = node
    node.first = UInt32(content.children.count)
    node.count = UInt32(children.count)
    content.children.append(contentsOf: children)
    return try add(node)
  }

  mutating func add(_ node: YAMLTree.Node, text: some Collection<UInt8>) throws(Stop) -> UInt32 {
    var node = node
    node.first = UInt32(content.text.count)
    node.count = UInt32(text.count)
    content.text.append(contentsOf: text)
    return try add(node)
  }

  mutating func add(_ node: YAMLTree.Node) throws(Stop) -> UInt32 {
    guard content.nodes.count < limits.expandedNodes else {
      throw Stop(diagnostic: Diagnostic(.tooManyNodes, "with what is replaced, the plan has more than \(limits.expandedNodes) values", at: span(of: node)))
    }
    content.nodes.append(node)
    return UInt32(content.nodes.count - 1)
  }

  /// Which of the paths this is; beyond so many they are told as the last.
  mutating func source(_ path: String) -> UInt8 {
    if let known = paths.firstIndex(of: path) { return UInt8(clamping: known) }
    if paths.count <= Int(UInt8.max) { paths.append(path) }
    return UInt8(clamping: paths.count - 1)
  }

  /// The content of what an alias names, at the alias's own place.
  func resolved(_ index: UInt32, in content: YAMLTree.Content) -> YAMLTree.Node {
    let node = content.nodes[Int(index)]
    guard node.kind == .alias else { return node }
    var target = content.nodes[Int(node.first)]
    target.start = node.start
    target.end = node.end
    target.source = node.source
    return target
  }
}
