/// Blots secrets out of text that is to be shown: as they are, in base64 (at each of its three alignments) and percent-encoded.
enum Redaction {
  static func blot(_ secrets: [String], in text: [UInt8]) -> [UInt8] {
    let longestFirst = Set(secrets.flatMap(forms)).sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    return longestFirst.reduce(text) { replace(Array($1.utf8), in: $0) }
  }

  static func longestForm(of secrets: [String]) -> Int {
    secrets.flatMap(forms).map(\.utf8.count).max() ?? 0
  }

  /// Of a secret of a few lines, each line counts too: programs print line by line. What is shorter than four bytes would blot
  /// out half of every message and is no secret.
  static func forms(_ secret: String) -> [String] {
    let lines = secret.split(whereSeparator: \.isNewline).map(String.init)
    var forms: [String] = []
    for part in [secret] + lines where part.utf8.count >= 4 {
      let bytes = Array(part.utf8)
      forms += [part, percentEncoded(bytes)]
      for shift in 0..<3 {
        let core = base64Core(bytes, shift: shift)
        if core.utf8.count >= 4 { forms.append(core) }
      }
    }
    return forms
  }

  private static func percentEncoded(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in bytes {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
      default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The base64 letters that depend on these bytes alone when `shift` others stand before them in the encoded text.
  private static func base64Core(_ bytes: [UInt8], shift: Int) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let padded = [UInt8](repeating: 0, count: shift) + bytes
    let first = (shift * 8 + 5) / 6
    let last = padded.count * 8 / 6
    guard first < last else { return "" }
    let core = (first..<last).map { index in
      let bit = index * 6
      let high = UInt16(padded[bit / 8]) << 8
      let low = bit / 8 + 1 < padded.count ? UInt16(padded[bit / 8 + 1]) : 0
      return letters[Int((high | low) >> UInt16(10 - bit % 8) & 63)]
    }
    return String(decoding: core, as: UTF8.self)
  }

  private static func replace(_ needle: [UInt8], in text: [UInt8]) -> [UInt8] {
    guard let first = needle.first, text.count >= needle.count else { return text }
    var out: [UInt8] = []
    var index = 0
    while index < text.count {
      if text[index] == first, index + needle.count <= text.count, text[index..<index + needle.count].elementsEqual(needle) {
        out += "***".utf8
        index += needle.count
      } else {
        out.append(text[index])
        index += 1
      }
    }
    return out
  }
}
