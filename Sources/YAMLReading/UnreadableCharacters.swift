internal import Diagnostics

extension SourceText {
  /// Bytes that are not UTF-8, and characters that no one can see or that tools take differently. Empty when the text can be read.
  ///
  /// Line separators other than line feed are among them: libyaml ends a line there and most editors do not, so that a place in the
  /// file would not be the place that people see. Bidirectional controls can show a plan as something that it is not
  /// (N. Boucher, R. Anderson, "Trojan Source", 2021).
  func unreadableCharacters(limit: Int) -> [Diagnostic] {
    let bytes = lines.bytes
    do { _ = try UTF8Span(validating: bytes.span) } catch { return [notUTF8(at: error.byteOffsets)] }
    var found: [Diagnostic] = []
    var at = lines.textStart
    while at < bytes.count, found.count < limit {
      let byte = bytes[at]
      if byte < 0x80 {
        if byte < 0x20 || byte == 0x7F, let name = nameOfControl(at: at) { found.append(unreadable(name, at: at)) }
        at += 1
        continue
      }
      let length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
      if byte == 0xC2 || byte == 0xE2 || byte == 0xEF, let name = nameOfSpecial(bytes[at..<at + length]) {
        found.append(unreadable(name, at: at))
      }
      at += length
    }
    return found
  }

  private func nameOfControl(at: Int) -> String? {
    let bytes = lines.bytes
    return switch bytes[at] {
    case 0x09, 0x0A: nil
    case 0x0D: at + 1 < bytes.count && bytes[at + 1] == 0x0A ? nil : "a carriage return without a line feed"
    case 0x00: "a zero byte"
    case 0x1B: "an escape character"
    default: "a control character"
    }
  }

  private func nameOfSpecial(_ bytes: ArraySlice<UInt8>) -> String? {
    switch String(decoding: bytes, as: UTF8.self).unicodeScalars.first?.value ?? 0 {
    case 0x85: "a next-line character"
    case 0x80...0x9F: "a control character"
    case 0x2028: "a line separator"
    case 0x2029: "a paragraph separator"
    case 0x202A...0x202E, 0x2066...0x2069: "a character that reverses the direction of text"
    case 0xFEFF: "a byte order mark inside the text"
    case 0xFFFE, 0xFFFF: "a code point that is no character"
    default: nil
    }
  }

  private func unreadable(_ name: String, at byte: Int) -> Diagnostic {
    let bytes = lines.bytes
    let mark = lines.mark(atByte: byte)
    let scalar = String(decoding: bytes[byte..<min(byte + 4, bytes.count)], as: UTF8.self).unicodeScalars.first?.value ?? 0
    let digits = String(scalar, radix: 16, uppercase: true)
    let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return Diagnostic(
      .controlCharacter, "the file has \(name), U+\(number)", at: character(at: mark),
      helps: ["remove it; where it is meant, write it in double quotes as \"\\u\(number)\""])
  }

  private func notUTF8(at range: Range<Int>) -> Diagnostic {
    let utf16 = lines.bytes.starts(with: [0xFF, 0xFE]) || lines.bytes.starts(with: [0xFE, 0xFF])
    let wrong = lines.bytes[range].map { ($0 < 16 ? "0x0" : "0x") + String($0, radix: 16, uppercase: true) }.joined(separator: " ")
    return Diagnostic(
      .notUTF8, "the file is not UTF-8 text", at: character(at: lines.mark(atByte: range.lowerBound)),
      label: "\(range.count == 1 ? "this byte is" : "these bytes are") no character: \(wrong)",
      notes: utf16 ? ["it begins like UTF-16 text"] : [],
      helps: ["save the file as UTF-8"])
  }
}
