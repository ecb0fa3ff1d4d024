internal import Diagnostics

/// A place as libyaml counts it, from 1: lines and Unicode scalars. Half the size of a `SourceMark`, since every node has two.
struct CompactMark: Equatable, Sendable {
  var line: UInt32
  var column: UInt32

  var sourceMark: SourceMark { SourceMark(line: Int(line), column: Int(column)) }
}

/// A composed document: every node in one array, every scalar's text in another. Read-only once made, and shared by all its handles.
final class YAMLTree: Sendable {
  enum Kind: UInt8, Sendable { case scalar, sequence, mapping, alias }

  struct Node: Sendable {
    var kind: Kind
    var isPlain = false
    var coreType = CoreType.string
    /// Which of the tree's paths its place is in: not the first where a value was replaced.
    var source: UInt8 = 0
    /// Of a scalar: where its text starts. Of a collection: where its children start. Of an alias: the node that is meant.
    var first: UInt32 = 0
    /// Of a scalar: bytes of text. Of a collection: its children; a mapping has keys and values in turn.
    var count: UInt32 = 0
    var start: CompactMark
    var end: CompactMark
  }

  struct Content: Sendable {
    var nodes: ContiguousArray<Node> = []
    var children: ContiguousArray<UInt32> = []
    var text: ContiguousArray<UInt8> = []

    func children(of node: Node) -> ContiguousArray<UInt32>.SubSequence {
      children[Int(node.first)..<Int(node.first) + Int(node.count)]
    }
    func bytes(of node: Node) -> ContiguousArray<UInt8>.SubSequence { text[Int(node.first)..<Int(node.first) + Int(node.count)] }
    func spells(_ node: Node, _ other: String) -> Bool {
      guard Int(node.count) == other.utf8.count else { return false }
      var at = Int(node.first)
      for byte in other.utf8 {
        guard text[at] == byte else { return false }
        at += 1
      }
      return true
    }
    func string(of node: Node) -> String { String(decoding: bytes(of: node), as: UTF8.self) }
  }

  /// The file that was read, then whatever its values were replaced from.
  let paths: [String]
  let content: Content

  init(paths: [String], content: Content) {
    self.paths = paths
    self.content = content
  }
}
