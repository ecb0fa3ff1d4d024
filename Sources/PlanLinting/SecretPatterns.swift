/// What texts that hold a secret look like. A reference to a variable (`$NAME`) is none.
enum SecretPatterns {
  /// False of most texts of a plan, which are names and numbers: no pattern is without one of these. Cheap, since it makes no text.
  static func canBeSecret(_ text: ContiguousArray<UInt8>.SubSequence) -> Bool {
    if text.first == UInt8(ascii: "A"), text.count >= 15 { return true }
    var dashes = 0
    for byte in text {
      if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "=") { return true }
      dashes = byte == UInt8(ascii: "-") ? dashes + 1 : 0
      if dashes == 5 { return true }
    }
    return false
  }

  /// False of most names: none of the words ends like them.
  static func canBeName(_ name: ContiguousArray<UInt8>.SubSequence) -> Bool {
    guard name.count > 4 else { return false }
    let (last, before) = (name[name.endIndex - 1] | 0x20, name[name.endIndex - 2] | 0x20)
    return endings.contains { $0.before == before && $0.last == last }
  }

  /// Why a text looks like a secret, or nil. `isQuery`: a query compares columns of any name.
  static func reason(_ text: String, isQuery: Bool = false) -> String? {
    // Most texts of a plan are names and numbers: what each pattern must hold is looked for first.
    let (bytes, colon, equals) = (text.utf8, UInt8(ascii: ":"), UInt8(ascii: "="))
    let hasColon = bytes.contains(colon)
    if hasColon, hasPasswordInURL(text) { return "a URL with a password" }
    if bytes.starts(with: "-----".utf8) || bytes.count > 30, text.contains("-----BEGIN"), text.contains("PRIVATE KEY") { return "a private key" }
    if bytes.count == 20, text.hasPrefix("AKIA") || text.hasPrefix("ASIA") { return "an AWS access key" }
    if text.hasPrefix("AGE-SECRET-KEY-") { return "an age identity" }
    if hasColon, let header = header(in: text.lowercased()) { return "the value of the header `\(header)`" }
    return isQuery || !bytes.contains(equals) ? nil : assignment(in: text)
  }

  /// Whether `name`, of a key, an option, a variable or a parameter, is one whose value is secret.
  static func isSecret(_ name: some StringProtocol) -> Bool {
    let plain = name.lowercased().utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }.drop { $0 == UInt8(ascii: "-") }
    guard !plain.starts(with: "no-".utf8), !plain.starts(with: "without-".utf8) else { return false }
    return words.contains { word in
      plain.suffix(word.count).elementsEqual(word) && (plain.count == word.count || plain.dropLast(word.count).last == UInt8(ascii: "-"))
    }
  }

  private static let words = [
    "password", "passwd", "pgpassword", "mysql-pwd", "token", "client-secret", "secret-key", "secret-access-key", "secretkey", "apikey", "api-key", "authorization",
  ].map { Array($0.utf8) }
  /// The last two letters of the words.
  private static let endings: [(before: UInt8, last: UInt8)] = words.compactMap { word in word.last.map { (word[word.count - 2], $0) } }

  /// `scheme://user:password@host`.
  private static func hasPasswordInURL(_ text: String) -> Bool {
    text.ranges(of: "://").contains { range in
      let authority = text[range.upperBound...].prefix { !"/?# \t\n'\"".contains($0) }
      guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { return false }
      return isValue(authority[authority.index(after: colon)..<at])
    }
  }

  /// `Authorization: Bearer VALUE` and its like.
  private static func header(in text: String) -> String? {
    ["authorization", "x-api-key", "x-auth-token", "private-token"].first { name in
      text.ranges(of: "\(name):").contains { range in
        let value = text[range.upperBound...].drop { $0 == " " }
        // In prose the word is followed by prose; a value has no spaces in it.
        guard let scheme = ["bearer ", "basic ", "token "].first(where: value.hasPrefix) else {
          return isValue(value) && !value.prefix { !"'\"".contains($0) }.contains(" ")
        }
        return isValue(value.dropFirst(scheme.count))
      }
    }
  }

  /// `--password=VALUE`, `PGPASSWORD=VALUE`, `?password=VALUE`, and `password=VALUE` beside other words of a connection string.
  private static func assignment(in text: String) -> String? {
    let assignments = text.indices.filter { text[$0] == "=" }.map { equals in
      let name = text[..<equals].dropLast { $0 == " " }.suffix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
      return (name: name, isAdjacent: name.endIndex == equals, value: text[text.index(after: equals)...])
    }
    let isConnection = assignments.contains { connectionWords.contains($0.name.lowercased()) }
    return assignments.first { name, isAdjacent, value in
      let left = text[..<name.startIndex].last
      let isAssigned = isAdjacent && (name.hasPrefix("--") || left == "?" || left == "&" || name.contains(where: \.isUppercase))
      guard isAssigned || isConnection, isSecret(name) || name.lowercased().hasSuffix("secret") else { return false }
      return isValue(isConnection ? value.drop { $0 == " " } : value)
    }.map { "the value of `\($0.name)`" }
  }

  private static let connectionWords: Set = ["host", "hostaddr", "port", "user", "dbname", "service", "sslmode"]

  private static func isValue(_ text: Substring) -> Bool {
    guard let first = text.drop(while: { "'\"".contains($0) }).first else { return false }
    return first != "$" && first != "&" && !first.isWhitespace
  }
}

extension Substring {
  fileprivate func suffix(while belongs: (Character) -> Bool) -> Substring { self[(lastIndex { !belongs($0) }.map(index(after:)) ?? startIndex)...] }
  fileprivate func dropLast(while belongs: (Character) -> Bool) -> Substring { self[..<(lastIndex { !belongs($0) }.map(index(after:)) ?? startIndex)] }
}
