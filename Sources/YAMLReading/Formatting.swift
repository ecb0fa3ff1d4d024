internal import Diagnostics

/// The text of a document with its white space in order: two spaces a level, nothing at the ends of lines, at most one empty line in a row, one line
/// feed at the end. Every other character stays where it is among its neighbours, comments and quotes too. Formatting twice is formatting once.
///
/// - Returns: nil where the formatted text would not be read as the same document: then the text is better left alone.
public func formatted(_ document: YAMLDocument) -> [UInt8]? {
  guard let root = document.root else { return nil }
  let text = Layout(document.file, root).text
  let (again, findings) = readYAML(SourceFile(path: document.file.path, bytes: text))
  guard findings.isEmpty, let new = again.root, new.says(the: root), visible(text) == visible(document.file.bytes) else { return nil }
  return text
}

/// All that is not white space.
private func visible(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { ![0x20, 0x09, 0x0D, 0x0A].contains($0) } }

extension YAMLNode {
  /// The same values in the same order, wherever they stand.
  func says(the other: YAMLNode) -> Bool {
    switch (content, other.content) {
    case (.scalar(let a), .scalar(let b)): a == b
    case (.sequence(let a), .sequence(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.says(the: $1) }
    case (.mapping(let a), .mapping(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value.says(the: $1.value) }
    default: false
    }
  }
}

/// Where each line of a document belongs.
private struct Layout {
  private let lines: SourceLines
  /// By line: how far its text moves to the right.
  private var shifts: [Int: Int] = [:]
  /// The lines of `shifts`, in order.
  private var moving: [Int] = []
  /// Lines inside a scalar of several lines: what stands there is content, so only the whole of it may move. By line: where the scalar begins.
  private var scalarLines: [Int: Int] = [:]
  /// Lines inside a flow collection, and where that begins: they move along with it.
  private var flowLines: [Int: Int] = [:]
  /// Where anchors or tags stand before a collection its place is not that of its first key, so every line stays where it is.
  private var isAmbiguous = false

  init(_ file: SourceFile, _ root: YAMLNode) {
    lines = SourceLines(file.bytes)
    place(root, from: 1, to: 1)
    moving = shifts.keys.sorted()
  }

  /// - Parameters: the column in which the node's own text begins, and where it is to begin.
  private mutating func place(_ node: YAMLNode, from: Int, to: Int) {
    let (start, end) = (node.span.start, node.span.end)
    var last = end.column == 1 ? end.line - 1 : end.line
    // Empty lines below a block scalar are part of it only where it says so.
    let header = SourceLines.text(lines[start.line] ?? [], afterScalars: start.column - 1).prefix { $0 > 0x20 }
    if begins(start, with: "|") || begins(start, with: ">"), header.contains(UInt8(ascii: "+")) {
      while last + 1 < lines.count, (lines[last + 1] ?? []).allSatisfy({ $0 == 0x20 }) { last += 1 }
    }
    switch node.content {
    case .scalar(let scalar):
      if !scalar.isPlain, last > start.line { for line in start.line + 1...last { scalarLines[line] = start.line } }
      if scalar.isPlain, last > start.line { for line in start.line + 1...last { flowLines[line] = start.line } }
    case .sequence(let elements):
      guard begins(start, with: "-") else { return flow(node, elements, start.line, last) }
      move(start, from, to)
      for element in elements { inner(element, dash: dash(before: element.span.start), of: from, to) }
    case .mapping(let members):
      guard let first = members.first, !begins(start, with: "{") else { return flow(node, members.map(\.value), start.line, last) }
      guard first.keySpan.start == start else { isAmbiguous = true; return }
      for member in members {
        move(member.keySpan.start, from, to)
        value(member, from, to)
      }
    }
  }

  private mutating func value(_ member: YAMLMember, _ from: Int, _ to: Int) {
    let start = member.value.span.start
    if let scalar = member.value.scalar, scalar.isPlain, scalar.text.isEmpty { return }
    // On the key's own line: a scalar, a flow collection, or an anchor.
    guard start.line > member.keySpan.start.line else { return place(member.value, from: start.column, to: start.column) }
    guard isFirst(start) else { isAmbiguous = true; return }
    // A list may stand under its key's column.
    let isUnder = start.column == from && begins(start, with: "-")
    let target = isUnder ? to : to + 2
    move(start, start.column, target)
    place(member.value, from: start.column, to: target)
  }

  /// An element of a block list; `- ` is part of the way to it.
  private mutating func inner(_ element: YAMLNode, dash: SourceMark?, of from: Int, _ to: Int) {
    guard let dash else { isAmbiguous = true; return }
    move(dash, from, to)
    let start = element.span.start
    let target = start.line == dash.line ? to + (start.column - from) : to + 2
    if start.line > dash.line { move(start, start.column, target) }
    place(element, from: start.column, to: target)
  }

  private mutating func flow(_ node: YAMLNode, _ inner: [YAMLNode], _ start: Int, _ last: Int) {
    guard begins(node.span.start, with: "{") || begins(node.span.start, with: "[") else { isAmbiguous = isAmbiguous || !inner.isEmpty; return }
    if last > start { for line in start + 1...last { flowLines[line] = start } }
    for element in inner { scalars(in: element) }
  }

  /// A quoted text of several lines inside a flow collection is content as well.
  private mutating func scalars(in node: YAMLNode) {
    let (start, end) = (node.span.start.line, node.span.end.line)
    switch node.content {
    case .scalar(let scalar): if !scalar.isPlain, end > start { for line in start + 1...end { scalarLines[line] = start } }
    case .sequence(let elements): for element in elements { scalars(in: element) }
    case .mapping(let members): for member in members { scalars(in: member.value) }
    }
  }

  private mutating func move(_ mark: SourceMark, _ from: Int, _ to: Int) {
    guard isFirst(mark) else { return }
    if mark.column != from { isAmbiguous = true }
    shifts[mark.line] = to - from
  }

  /// The dash that leads to an element: on its line or above it.
  private func dash(before mark: SourceMark) -> SourceMark? {
    for number in stride(from: mark.line, through: max(1, mark.line - 50), by: -1) {
      let line = lines[number] ?? []
      let text = number == mark.line ? line.prefix(mark.column - 1) : line
      let indent = Self.indent(line)
      if let dash = text.lastIndex(of: UInt8(ascii: "-")), text[(dash + 1)...].allSatisfy({ $0 == 0x20 }) || number != mark.line && dash == line.startIndex + indent {
        return SourceMark(line: number, column: dash - line.startIndex + 1)
      }
      guard number == mark.line || line.count == indent || line[line.startIndex + indent] == UInt8(ascii: "#") else { return nil }
    }
    return nil
  }

  private func begins(_ mark: SourceMark, with character: Character) -> Bool {
    SourceLines.text(lines[mark.line] ?? [], afterScalars: mark.column - 1).first == character.asciiValue
  }

  /// Whether only spaces stand before it.
  private func isFirst(_ mark: SourceMark) -> Bool { Self.indent(lines[mark.line] ?? []) == mark.column - 1 }
  private static func indent(_ line: ArraySlice<UInt8>) -> Int { line.prefix { $0 == 0x20 }.count }

  // MARK: Writing

  var text: [UInt8] {
    var out = Array(lines.bytes[..<lines.textStart])
    var wasEmpty = true
    for number in 1...lines.count {
      let line = lines[number] ?? []
      if let first = scalarLines[number] {
        out += moved(line, by: shift(of: first)) + [0x0A]
        wasEmpty = false
        continue
      }
      var trimmed = line
      while let last = trimmed.last, last == 0x20 || last == 0x09 { trimmed = trimmed.dropLast() }
      guard !trimmed.isEmpty else {
        if !wasEmpty { out.append(0x0A) }
        wasEmpty = true
        continue
      }
      out += moved(trimmed, by: shift(of: number)) + [0x0A]
      wasEmpty = false
    }
    // What ends the file is content where a scalar stands there.
    if wasEmpty, out.count > lines.textStart + 1, out.suffix(2) == [0x0A, 0x0A] { out.removeLast() }
    if scalarLines[lines.count] != nil { out.removeLast() }
    return out
  }

  private func shift(of number: Int) -> Int {
    if isAmbiguous { return 0 }
    if let own = shifts[number] { return own }
    if let first = scalarLines[number] ?? flowLines[number] { return shift(of: first) }
    return commentShift(number)
  }

  /// A comment moves with the line below it that stands in its column, else with the one above, else with the nearest above.
  private func commentShift(_ number: Int) -> Int {
    let column = Self.indent(lines[number] ?? [])
    let next = moving.partitioningIndex { $0 > number }
    if next < moving.count, Self.indent(lines[moving[next]] ?? []) == column { return shifts[moving[next]] ?? 0 }
    let above = moving[..<next]
    let same = above.suffix(200).last { Self.indent(lines[$0] ?? []) == column }
    return (same ?? above.last).flatMap { shifts[$0] } ?? 0
  }

  private func moved(_ line: ArraySlice<UInt8>, by shift: Int) -> [UInt8] {
    if shift >= 0 { return line.isEmpty ? [] : Array(repeating: 0x20, count: shift) + line }
    return Array(line.dropFirst(min(-shift, Self.indent(line))))
  }
}

extension [Int] {
  /// The first place from which on it holds, in a list where it holds from some place on.
  fileprivate func partitioningIndex(where holds: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
