public import Diagnostics

/// A file that was read as YAML: its text, and the tree of its one document.
public struct YAMLDocument: Sendable {
  public let file: SourceFile
  /// Nil when nothing could be read; the diagnostics say why.
  public var root: YAMLNode?
}

/// A value in a YAML document that knows where it stands.
///
/// A light handle: a reference to the tree and an index into it. An alias has the content of what it names and the span of the alias
/// itself. The tree has no cycles and a bounded size even when every alias is followed, so walking it always ends.
public struct YAMLNode: Sendable {
  let tree: YAMLTree
  let index: UInt32

  /// What a node holds.
  public enum Content: Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLMember])
  }

  /// From the start to the end of the node's own text.
  public var span: SourceSpan {
    let node = tree.content.nodes[Int(index)]
    return SourceSpan(path: tree.paths[Int(node.source)], start: node.start.sourceMark, end: node.end.sourceMark)
  }

  public var content: Content {
    let node = target
    return switch node.kind {
    case .mapping: .mapping(members(of: node))
    case .sequence: .sequence(elements(of: node))
    case .scalar, .alias: .scalar(scalar(of: node))
    }
  }

  /// Nil unless this is a scalar.
  public var scalar: YAMLScalar? {
    let node = target
    return node.kind == .scalar ? scalar(of: node) : nil
  }

  /// In the order of the file; nil unless this is a list.
  public var elements: [YAMLNode]? {
    let node = target
    return node.kind == .sequence ? elements(of: node) : nil
  }

  /// In the order of the file, no key twice; nil unless this is a mapping.
  public var members: [YAMLMember]? {
    let node = target
    return node.kind == .mapping ? members(of: node) : nil
  }

  /// The value of a mapping's member; nil when there is none, or when this is no mapping.
  public subscript(key: String) -> YAMLNode? { position(of: key).map { YAMLNode(tree: tree, index: $0.value) } }

  /// A mapping's member with the place of its key; nil when there is none, or when this is no mapping.
  public func member(_ key: String) -> YAMLMember? { position(of: key).map { member(key: $0.key, value: $0.value) } }

  /// For messages: "expected text, found `kindName`".
  public var kindName: String {
    let node = target
    return switch node.kind {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar, .alias:
      switch node.coreType {
      case .null: "nothing"
      case .bool: "true or false"
      case .int, .float: "a number"
      case .string: "text"
      }
    }
  }

  private var target: YAMLTree.Node {
    let node = tree.content.nodes[Int(index)]
    return node.kind == .alias ? tree.content.nodes[Int(node.first)] : node
  }

  private func scalar(of node: YAMLTree.Node) -> YAMLScalar {
    YAMLScalar(text: tree.content.string(of: node), isPlain: node.isPlain, coreType: node.coreType)
  }

  private func elements(of node: YAMLTree.Node) -> [YAMLNode] {
    tree.content.children(of: node).map { YAMLNode(tree: tree, index: $0) }
  }

  private func members(of node: YAMLTree.Node) -> [YAMLMember] {
    let children = tree.content.children(of: node)
    return stride(from: children.startIndex, to: children.endIndex, by: 2).map { member(key: children[$0], value: children[$0 + 1]) }
  }

  private func member(key: UInt32, value: UInt32) -> YAMLMember {
    let keyNode = YAMLNode(tree: tree, index: key)
    return YAMLMember(key: tree.content.string(of: keyNode.target), keySpan: keyNode.span, value: YAMLNode(tree: tree, index: value))
  }

  private func position(of key: String) -> (key: UInt32, value: UInt32)? {
    let node = target
    guard node.kind == .mapping else { return nil }
    let children = tree.content.children(of: node)
    for at in stride(from: children.startIndex, to: children.endIndex, by: 2) {
      let candidate = tree.content.nodes[Int(children[at])]
      if tree.content.string(of: candidate) == key { return (children[at], children[at + 1]) }
    }
    return nil
  }
}

/// One `key: value` of a mapping.
public struct YAMLMember: Sendable {
  public var key: String
  public var keySpan: SourceSpan
  public var value: YAMLNode
  public init(key: String, keySpan: SourceSpan, value: YAMLNode) { self.key = key; self.keySpan = keySpan; self.value = value }
}

/// A scalar. What it means is for the reader of the plan to decide: `1.10` may be a version.
public struct YAMLScalar: Hashable, Sendable {
  /// As written, once quotes and escapes are resolved: no number was parsed and printed again.
  public var text: String
  /// Neither quoted nor a block scalar.
  public var isPlain: Bool
  public var coreType: CoreType
}

/// What a document may cost. Beyond a limit reading stops with a diagnostic.
public struct YAMLLimits: Sendable {
  public var bytes = 4 << 20
  /// Nodes written in the file.
  public var nodes = 250_000
  /// Collections inside collections.
  public var depth = 128
  /// Nodes once every alias is followed.
  public var expandedNodes = 1_000_000
  /// Findings after which reading stops.
  public var diagnostics = 100
  /// Bytes of a text once its variables have their values.
  public var substituted = 64 << 10

  public init() {}
  public static let standard = YAMLLimits()
}
