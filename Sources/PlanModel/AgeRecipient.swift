/// The public keys that `age` encrypts to.
public enum AgeRecipient {
  /// What is wrong with a text as a recipient, or nil. A mistyped letter is found: what is encrypted to a wrong key, nobody can decrypt.
  public static func problem(in text: String) -> String? {
    let words = text.split(separator: " ")
    if let kind = words.first, kind == "ssh-ed25519" || kind == "ssh-rsa" {
      let isKey = words.count >= 2 && words[1].utf8.count >= 68 && words[1].utf8.allSatisfy(isBase64)
      return isKey ? nil : "an SSH public key is `\(kind) AAAA…`"
    }
    guard text.hasPrefix("age1") else { return "a recipient is `age1…`, `ssh-ed25519 …` or `ssh-rsa …`" }
    return hasBech32Checksum(text) ? nil : "mistyped or cut short: its checksum is wrong"
  }

  /// Whether a text looks like a private key, which must not stand in a plan.
  public static func isPrivate(_ text: String) -> Bool {
    text.uppercased().hasPrefix("AGE-SECRET-KEY-") || text.uppercased().hasPrefix("AGE-PLUGIN-") || text.contains("PRIVATE KEY")
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2F || byte == 0x3D
  }

  /// BIP 173, without its limit of length: the part before the last `1` names the kind of key.
  private static func hasBech32Checksum(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    guard let separator = bytes.lastIndex(of: UInt8(ascii: "1")), bytes.count - separator > 6 else { return false }
    let kind = bytes[..<separator]
    let data = bytes[(separator + 1)...].map { alphabet.firstIndex(of: $0) }
    guard data.allSatisfy({ $0 != nil }), kind.allSatisfy({ (0x21...0x7E).contains($0) }) else { return false }
    let values = kind.map { Int($0) >> 5 } + [0] + kind.map { Int($0) & 31 } + data.compactMap { $0 }
    let generator = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
    let checksum = values.reduce(1) { sum, value in
      let top = sum >> 25
      return generator.indices.reduce((sum & 0x1FF_FFFF) << 5 ^ value) { (top >> $1) & 1 == 1 ? $0 ^ generator[$1] : $0 }
    }
    return checksum == 1
  }
}
