internal import COpenSSL

/// HMAC-SHA-256 (RFC 2104): proves knowledge of a key without sending it.
public enum HMACSHA256 {
  /// 32 bytes. See `SHA256Hasher` for what happens where OpenSSL refuses.
  public static func of(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { out, count in
      guard dr_hmac_sha256(key, Int32(key.count), message, message.count, out.baseAddress) == 1 else {
        fatalError("OpenSSL could not make an HMAC: libcrypto is not installed, memory is exhausted, or openssl.cnf allows no SHA-256; mend that and resume the run")
      }
      count = SHA256Digest.byteCount
    }
  }
}

/// HMAC-SHA-512: the same with the longer digest.
public enum HMACSHA512 {
  /// 64 bytes.
  public static func of(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 64) { out, count in
      guard dr_hmac_sha512(key, Int32(key.count), message, message.count, out.baseAddress) == 1 else {
        fatalError("OpenSSL could not make an HMAC: libcrypto is not installed, memory is exhausted, or openssl.cnf allows no SHA-512; mend that and resume the run")
      }
      count = 64
    }
  }
}

/// MD5 (RFC 1321), only as the checksum that S3 calls `Content-MD5` and shows as an ETag; it protects against accidents, not against people.
public enum MD5 {
  /// 16 bytes, or nil where OpenSSL is not there or offers no MD5, as under FIPS.
  public static func of(_ bytes: [UInt8]) -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: 16)
    guard dr_md5(bytes, bytes.count, &digest) == 1 else { return nil }
    return digest
  }
}

extension [UInt8] {
  /// RFC 4648, with padding.
  public var base64: String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: count, by: 3) {
      let group = self[start..<Swift.min(start + 3, count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? digits[Int(bits >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads RFC 4648 with or without padding; nil for anything else.
  public init?(base64 text: some StringProtocol) {
    self = []
    var (bits, count) = (UInt32(0), 0)
    let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    guard digits.count % 4 != 1, text.utf8.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
    for digit in digits {
      let value: UInt8
      switch digit {
      case 0x41...0x5A: value = digit - 0x41
      case 0x61...0x7A: value = digit - 0x61 + 26
      case 0x30...0x39: value = digit - 0x30 + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      default: return nil
      }
      (bits, count) = (bits << 6 | UInt32(value), count + 6)
      if count >= 8 {
        count -= 8
        append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
  }
}
