internal import Concurrency

/// The beginning of what a program writes: bytes up to a limit, then only the knowledge that there was more.
final class OutputHead: Sendable {
  private let limit: Int
  private let kept = Lock<(bytes: [UInt8], truncated: Bool)>(([], false))

  init(limit: Int) { self.limit = limit }

  func append(_ chunk: [UInt8]) {
    kept.withLock { kept in
      let room = limit - kept.bytes.count
      kept.bytes += chunk.prefix(max(0, room))
      if chunk.count > room { kept.truncated = true }
    }
  }

  var value: (bytes: [UInt8], truncated: Bool) { kept.withLock { $0 } }
}

/// The end of what a program writes to its error output, made safe to show.
final class ErrorTail: Sendable {
  private let limit: Int
  private let secrets: [String]
  private let kept = Lock<(bytes: [UInt8], truncated: Bool)>(([], false))

  init(limit: Int, secrets: [String]) {
    self.limit = max(1, limit)
    self.secrets = secrets
  }

  /// Cuts only once twice the limit has gathered, so that a flood costs each byte one copy.
  func append(_ chunk: [UInt8]) {
    kept.withLock { kept in
      kept.bytes += chunk
      guard kept.bytes.count > 2 * limit else { return }
      kept.bytes.removeFirst(kept.bytes.count - limit)
      kept.truncated = true
    }
  }

  var value: (text: String, truncated: Bool) {
    var (bytes, truncated) = kept.withLock { $0 }
    if bytes.count > limit {
      bytes.removeFirst(bytes.count - limit)
      truncated = true
    }
    bytes = Redaction.blot(secrets, in: bytes)
    // A cut can leave half a line, and in it half a secret that does not look like one.
    if truncated, let feed = bytes.firstIndex(of: UInt8(ascii: "\n")) {
      bytes.removeFirst(feed + 1)
    } else if truncated {
      bytes.removeFirst(min(bytes.count, Redaction.longestForm(of: secrets)))
    }
    return (PlainText.from(bytes), truncated)
  }
}

/// Text from a program, without what could move the cursor, hide a line or look like another line.
enum PlainText {
  static func from(_ bytes: [UInt8]) -> String {
    var scalars = String.UnicodeScalarView()
    var escape = Escape.none
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch (escape, scalar.value) {
      case (.begun, 0x5B): escape = .sequence
      case (.begun, _): escape = .none
      case (.sequence, 0x40...0x7E): escape = .none
      case (.sequence, _): continue
      case (.none, 0x1B): escape = .begun
      case (.none, 0x0D): continue
      case (.none, 0x0A), (.none, 0x09): scalars.append(scalar)
      case (.none, 0..<0x20), (.none, 0x7F..<0xA0), (.none, 0x200E...0x200F), (.none, 0x202A...0x202E), (.none, 0x2066...0x2069):
        scalars.append("\u{FFFD}")
      case (.none, _): scalars.append(scalar)
      }
    }
    return String(scalars)
  }
  private enum Escape { case none, begun, sequence }
}
