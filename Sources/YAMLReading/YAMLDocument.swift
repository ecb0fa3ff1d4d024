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
  public subscript(key: String) -> YAMLNode? { memberNumber(of: key).map(memberValue) }

  /// A mapping's member with the place of its key; nil when there is none, or when this is no mapping.
  public func member(_ key: String) -> YAMLMember? { memberNumber(of: key).map(member) }

  /// The bytes of a scalar's text; nil unless this is a scalar.
  public var bytes: ContiguousArray<UInt8>.SubSequence? {
    let node = target
    return node.kind == .scalar ? tree.content.bytes(of: node) : nil
  }

  /// Whether this is a scalar of just this text.
  public func spells(_ text: String) -> Bool {
    let node = target
    return node.kind == .scalar && tree.content.spells(node, text)
  }

  /// How many elements a list has; nil unless this is a list.
  public var elementCount: Int? {
    let node = target
    return node.kind == .sequence ? Int(node.count) : nil
  }

  /// An element of a list that has so many.
  public func element(_ number: Int) -> YAMLNode { YAMLNode(tree: tree, index: tree.content.children[Int(target.first) + number]) }

  /// How many members a mapping has; nil unless this is a mapping.
  public var memberCount: Int? {
    let node = target
    return node.kind == .mapping ? Int(node.count) / 2 : nil
  }

  /// Which member of a mapping has this key; nil when none has, or when this is no mapping.
  public func memberNumber(of key: String) -> Int? {
    let node = target
    guard node.kind == .mapping else { return nil }
    let (first, length) = (Int(node.first), key.utf8.count)
    for at in stride(from: first, to: first + Int(node.count), by: 2) {
      let candidate = tree.content.nodes[Int(tree.content.children[at])]
      if Int(candidate.count) == length, tree.content.spells(candidate, key) { return (at - first) / 2 }
    }
    return nil
  }

  /// The value of a member of a mapping that has so many.
  public func memberValue(_ number: Int) -> YAMLNode { YAMLNode(tree: tree, index: tree.content.children[Int(target.first) + 2 * number + 1]) }
  /// A member of a mapping that has so many.
  public func member(_ number: Int) -> YAMLMember {
    let at = Int(target.first) + 2 * number
    return member(key: tree.content.children[at], value: tree.content.children[at + 1])
  }

  /// All that is directly below, in the order of the file, with the key where this is a mapping: makes neither texts nor lists.
  public func forEachChild(_ body: (_ key: YAMLNode?, _ child: YAMLNode) -> Void) {
    let node = target
    guard node.kind != .scalar else { return }
    let (first, isMapping) = (Int(node.first), node.kind == .mapping)
    for at in stride(from: first + (isMapping ? 1 : 0), to: first + Int(node.count), by: isMapping ? 2 : 1) {
      let key = isMapping ? YAMLNode(tree: tree, index: tree.content.children[at - 1]) : nil
      body(key, YAMLNode(tree: tree, index: tree.content.children[at]))
    }
  }

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
