/// Writes JSON as its one text.
struct CanonicalWriter {
  private(set) var bytes: [UInt8] = []

  /// Appends what needs no escaping.
  mutating func put(_ text: StaticString) { text.withUTF8Buffer { bytes += $0 } }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: put("null")
    case .bool(let value): put(value ? "true" : "false")
    case .int(let value): bytes += String(value).utf8
    case .string(let value): writeText(value)
    case .array(let elements):
      put("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { put(",") }
        write(element)
      }
      put("]")
    case .object(let members):
      put("{")
      for (index, member) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }).enumerated() {
        if index > 0 { put(",") }
        writeText(member.key)
        put(":")
        write(member.value)
      }
      put("}")
    }
  }

  /// What RFC 8259 wants escaped, in its shortest form, and nothing else.
  mutating func writeText(_ text: String) {
    put("\"")
    // Almost no text holds anything to escape.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) { bytes += text.utf8 } else { writeEscaped(text) }
    put("\"")
  }

  private mutating func writeEscaped(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): put(#"\""#)
      case UInt8(ascii: "\\"): put(#"\\"#)
      case 0x08: put(#"\b"#)
      case 0x09: put(#"\t"#)
      case 0x0A: put(#"\n"#)
      case 0x0C: put(#"\f"#)
      case 0x0D: put(#"\r"#)
      case ..<0x20: put(byte < 0x10 ? #"\u000"# : #"\u00"#); bytes += String(byte, radix: 16).utf8
      default: bytes.append(byte)
      }
    }
  }
}
