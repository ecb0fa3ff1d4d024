internal import Hashing
internal import HTTPClient
internal import ProviderInterface
internal import Units

/// A message as a mail (RFC 5322, RFC 2045, RFC 2047).
enum MailText {
  static func content(_ message: OutboxMessage, from: String, to: String) -> [UInt8] {
    let first = message.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let host = from.split(separator: "@").last ?? "localhost"
    let lines = [
      "From: <\(from)>", "To: <\(to)>", "Subject: \(header(message.isPublic == true ? first : "[\(message.plan)] \(first)"))", "Date: \(date(message.posted))",
      "Message-ID: <\(message.run).\(message.step)@\(host)>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
      "Auto-Submitted: auto-generated", "",
    ]
    let signature = message.isPublic == true ? "" : "\r\n\r\n-- \r\n\(message.plan), run \(message.run)"
    let body = Array((message.text + signature + "\r\n").utf8).base64
    let wrapped = stride(from: 0, to: body.utf8.count, by: 76).map { body.dropFirst($0).prefix(76) }
    return Array((lines.joined(separator: "\r\n") + "\r\n" + wrapped.joined(separator: "\r\n") + "\r\n").utf8)
  }

  /// In encoded words of at most 75 characters each, which a header's line can hold.
  private static func header(_ text: String) -> String {
    let short = String(text.prefix(200))
    guard !short.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) || short.contains("=?") else { return short }
    var words: [String] = []
    var part: [UInt8] = []
    for character in short {
      if part.count + character.utf8.count > 42 { words.append("=?utf-8?B?\(part.base64)?="); part = [] }
      part += Array(character.utf8)
    }
    words.append("=?utf-8?B?\(part.base64)?=")
    return words.joined(separator: "\r\n ")
  }

  /// `Mon, 30 Nov 2026 20:08:17 +0000`.
  static func date(_ instant: Timestamp) -> String {
    let parts = instant.day.split(separator: "-")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    // 1970-01-01 was a Thursday.
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    guard parts.count == 3, let month = Int(parts[1]), months.indices.contains(month - 1) else { return "\(instant)" }
    let day = Int(((instant.milliseconds / 86_400_000) % 7 + 7) % 7)
    return "\(days[day]), \(parts[2]) \(months[month - 1]) \(parts[0]) \(instant.timeOfDay) +0000"
  }

  /// The user of a mail server's URL, where it is an address.
  static func sender(in server: String) -> String? {
    guard let scheme = server.firstRange(of: "://"), let at = server.lastIndex(of: "@"), scheme.upperBound < at else { return nil }
    let user = String(server[scheme.upperBound..<at].prefix { $0 != ":" }).replacing("%40", with: "@")
    return MailMessage.isAddress(user) ? user : nil
  }
}
