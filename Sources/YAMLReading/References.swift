/// `${var.NAME}` in a text: no shell can mean anything by it, since no parameter's name holds a dot. `$${var.NAME}` is the text `${var.NAME}`.
enum TextPart: Equatable {
  case text(Range<Int>)
  /// Of a variable, and the whole of it in the text.
  case reference(String, Range<Int>)
  /// What begins like one and is none.
  case broken(Range<Int>)
}

extension RandomAccessCollection<UInt8> where Index == Int {
  /// Where the next reference begins, escaped or not.
  func reference(from start: Int) -> Int? {
    var at = start
    while at + 6 < endIndex {
      if self[at] == 0x24, self[at + 1] == 0x7B, self[at + 2] == 0x76, self[at + 3] == 0x61, self[at + 4] == 0x72, self[at + 5] == 0x2E { return at }
      at += 1
    }
    return nil
  }

  var textParts: [TextPart] {
    var parts: [TextPart] = []
    var done = startIndex
    while let at = reference(from: done) {
      let isEscaped = at > startIndex && at > done && self[at - 1] == 0x24
      let end = (at + 6..<endIndex).first { self[$0] == 0x7D || self[$0] <= 0x20 || self[$0] == 0x24 } ?? endIndex
      if isEscaped {
        parts.append(.text(done..<at - 1))
        parts.append(.text(at..<at + 6))
        done = at + 6
        continue
      }
      if at > done { parts.append(.text(done..<at)) }
      guard end < endIndex, self[end] == 0x7D, end > at + 6 else {
        parts.append(.broken(at..<Swift.min(end + 1, endIndex)))
        done = end
        continue
      }
      parts.append(.reference(String(decoding: self[at + 6..<end], as: UTF8.self), at..<end + 1))
      done = end + 1
    }
    if done < endIndex || parts.isEmpty { parts.append(.text(done..<endIndex)) }
    return parts
  }
}

extension YAMLDocument {
  /// Whether any text of it speaks of a variable; a glance, for plans that have none.
  public var mentionsVariables: Bool { root.map { $0.tree.content.text.withUnsafeBufferPointer { $0.reference(from: 0) != nil } } ?? false }

  /// The variables that any text of it names, wherever it stands.
  public var namedVariables: Set<String> {
    guard let content = root?.tree.content else { return [] }
    return content.nodes.reduce(into: []) { if $1.kind == .scalar { $0.formUnion(content.bytes(of: $1).namedVariables) } }
  }
}

extension YAMLNode {
  /// The variables that this text names.
  public var namedVariables: Set<String> { scalar.map { Array($0.text.utf8).namedVariables } ?? [] }
}

extension RandomAccessCollection<UInt8> where Index == Int {
  fileprivate var namedVariables: Set<String> {
    guard reference(from: startIndex) != nil else { return [] }
    return textParts.reduce(into: []) { if case .reference(let name, _) = $1 { $0.insert(name) } }
  }
}
