extension YAMLNode {
  /// The same values as text, in one form: block style, two spaces a level, quotes only where they are needed. What `remark` says of a single value, or of
  /// a key that has several below it, stands behind it as a comment.
  public func text(remark: (YAMLNode) -> String? = { _ in nil }) -> String {
    var lines: [String] = []
    write(into: &lines, indent: "", lead: "", remark)
    return lines.joined(separator: "\n") + "\n"
  }

  /// - Parameter lead: what stands on the line already: `key: ` or `- `.
  private func write(into lines: inout [String], indent: String, lead: String, _ remark: (YAMLNode) -> String?) {
    func end(_ text: String) { lines.append(indent + lead + text + (remark(self).map { "  # " + $0.filter { !$0.isNewline } } ?? "")) }
    let isRoot = lead.isEmpty
    switch content {
    case .scalar(let scalar):
      guard let block = scalar.block else { return end(scalar.inline()) }
      end(block.header)
      lines += block.lines.map { $0.isEmpty ? "" : indent + "  " + $0 }
    case .sequence(let elements) where elements.isEmpty: end("[]")
    case .mapping(let members) where members.isEmpty: end("{}")
    case .sequence(let elements):
      if !isRoot { lines.append(indent + lead.dropLastSpace) }
      let inner = isRoot ? indent : indent + "  "
      for element in elements { element.write(into: &lines, indent: inner, lead: "- ", remark) }
    case .mapping(let members):
      // In a list the first key stands behind the dash; its own line tells where it is from.
      if lead == "- " {
        var inner: [String] = []
        for member in members { member.value.write(into: &inner, indent: indent + "  ", lead: member.writtenKey + ": ", remark) }
        inner[0] = indent + "- " + inner[0].dropFirst(indent.count + 2)
        lines += inner
        return
      }
      if !isRoot { lines.append(indent + lead.dropLastSpace) }
      for member in members { member.value.write(into: &lines, indent: isRoot ? indent : indent + "  ", lead: member.writtenKey + ": ", remark) }
    }
  }
}

extension String {
  fileprivate var dropLastSpace: String { last == " " ? String(dropLast()) : self }
}

extension YAMLMember {
  /// Nobody takes a key for a truth value.
  fileprivate var writtenKey: String { YAMLScalar(text: key, isPlain: false, coreType: .string).inline(asKey: true) }
}

extension YAMLScalar {
  /// As plain text where that is read as the same value, else in double quotes.
  fileprivate func inline(asKey: Bool = false) -> String {
    if coreType != .string { return text }
    let bytes = Array(text.utf8)
    let isSafe = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F || $0 == 0x20 } && CoreType(resolving: bytes) == .string && (asKey || readingInYAML11(of: bytes) == nil)
    if isSafe, let first = bytes.first, bytes.last != 0x20, first.isLetter || first.isDigit || first == UInt8(ascii: "/") || first == UInt8(ascii: "."),
      !text.contains(": "), !text.contains(" #"), !text.hasSuffix(":"), !text.contains(where: { "{}[],\"'`".contains($0) })
    {
      return text
    }
    return quoted
  }

  private var quoted: String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case "\u{20}"..."\u{7E}": out.unicodeScalars.append(scalar)
      case "\u{A1}"..."\u{1FFF}" where scalar.properties.generalCategory != .format: out.unicodeScalars.append(scalar)
      default:
        let hex = String(scalar.value, radix: 16)
        out += scalar.value < 0x1_0000 ? "\\u" + String(repeating: "0", count: 4 - hex.count) + hex : "\\U" + String(repeating: "0", count: 8 - hex.count) + hex
      }
    }
    return out + "\""
  }

  /// A text of several lines that a block can hold as it is.
  fileprivate var block: (header: String, lines: [String])? {
    guard coreType == .string, text.contains("\n"), let first = text.first, first != " ", first != "\n" else { return nil }
    guard text.unicodeScalars.allSatisfy({ $0 == "\n" || $0.value >= 0x20 && $0.value < 0x7F || $0.value > 0xA0 && $0.value < 0x2000 }) else { return nil }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let ends = lines.last == ""
    if ends { lines.removeLast() }
    guard lines.last?.isEmpty == false, !lines.contains(where: { $0.hasSuffix(" ") && $0.allSatisfy { $0 == " " } }) else { return nil }
    return (ends ? "|" : "|-", lines)
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
}
