/// The type that the YAML 1.2 core schema gives a scalar. Quoted and block scalars are text.
/// Source: YAML 1.2.2, section 10.3.2, "Tag Resolution".
public enum CoreType: Hashable, Sendable {
  case null
  case bool(Bool)
  case int
  case float
  case string
}

extension CoreType {
  /// Resolves a plain, untagged scalar. `no`, `on`, `1:30`, `0b1` and `1_000` are text.
  init(resolving text: some RandomAccessCollection<UInt8>) {
    switch text.first {
    case nil: self = .null
    case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"):
      self = ["~", "null", "Null", "NULL"].contains { text.spells($0) } ? .null : .string
    case UInt8(ascii: "t"), UInt8(ascii: "T"):
      self = ["true", "True", "TRUE"].contains { text.spells($0) } ? .bool(true) : .string
    case UInt8(ascii: "f"), UInt8(ascii: "F"):
      self = ["false", "False", "FALSE"].contains { text.spells($0) } ? .bool(false) : .string
    case .some(let byte) where byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "."):
      self = Self.number(text)
    default: self = .string
    }
  }

  private static func number(_ text: some RandomAccessCollection<UInt8>) -> CoreType {
    if text.hasPrefix("0o") { return text.dropFirst(2).isAll { $0 >= 0x30 && $0 <= 0x37 } ? .int : .string }
    if text.hasPrefix("0x") { return text.dropFirst(2).isAll(\.isHexDigit) ? .int : .string }
    if [".nan", ".NaN", ".NAN"].contains(where: { text.spells($0) }) { return .float }
    var rest = text.dropSign()
    if [".inf", ".Inf", ".INF"].contains(where: { rest.spells($0) }) { return .float }
    let whole = rest.take(\.isDigit)
    if rest.isEmpty { return whole > 0 ? .int : .string }
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.take(\.isDigit)
    }
    guard whole + fraction > 0 else { return .string }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst().dropSign()
      return rest.isAll(\.isDigit) ? .float : .string
    }
    return rest.isEmpty ? .float : .string
  }
}

/// What a YAML 1.1 reader makes of a plain scalar that the 1.2 core schema reads otherwise; nil where both agree.
/// Source: the YAML 1.1 type repository (bool, int, float), https://yaml.org/type/.
func readingInYAML11(of text: some RandomAccessCollection<UInt8>) -> String? {
  guard let first = text.first, text.count <= 64 else { return nil }
  if !first.isDigit, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"), first != UInt8(ascii: ".") {
    guard text.count <= 3 else { return nil }
    if ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].contains(where: { text.spells($0) }) { return "true" }
    if ["n", "N", "no", "No", "NO", "off", "Off", "OFF"].contains(where: { text.spells($0) }) { return "false" }
    return nil
  }
  let digits = text.dropSign()
  if digits.hasPrefix("0o"), digits.dropFirst(2).isAll({ $0 >= 0x30 && $0 <= 0x37 }) { return "text" }
  if digits.hasPrefix("0b"), digits.dropFirst(2).isAll({ $0 == 0x30 || $0 == 0x31 || $0 == 0x5F }) { return "a binary number" }
  if digits.hasPrefix("0x") {
    let grouped = digits.dropFirst(2).isAll { $0.isHexDigit || $0 == 0x5F }
    return grouped && (digits.count < text.count || digits.contains(0x5F)) ? "a hexadecimal number" : nil
  }
  guard digits.first?.isDigit == true || digits.first == UInt8(ascii: ".") else { return nil }
  if digits.count > 1, digits.first == 0x30, digits.isAll({ $0.isDigit || $0 == 0x5F }) {
    return digits.contains { $0 > 0x37 && $0 != 0x5F } ? "text" : "an octal number"
  }
  if let sexagesimal = sexagesimalReading(of: digits) { return sexagesimal }
  if digits.contains(0x5F) {
    let plain = digits.filter { $0 != 0x5F }
    return CoreType(resolving: plain) == .int || CoreType(resolving: plain) == .float ? "a number" : nil
  }
  return nil
}

/// `1:30` and `1:30:00.5` count in sixties.
private func sexagesimalReading(of digits: some RandomAccessCollection<UInt8>) -> String? {
  guard digits.contains(UInt8(ascii: ":")) else { return nil }
  var rest = digits[...]
  guard rest.take({ $0.isDigit || $0 == 0x5F }) > 0 else { return nil }
  while rest.first == UInt8(ascii: ":") {
    rest = rest.dropFirst()
    let part = rest.prefix { $0.isDigit }
    guard (1...2).contains(part.count), let first = part.first, part.count == 1 || first <= 0x35 else { return nil }
    rest = rest.dropFirst(part.count)
  }
  if rest.isEmpty { return digits.first == 0x30 ? nil : "a number counted in sixties" }
  guard rest.first == UInt8(ascii: "."), rest.dropFirst().allSatisfy({ $0.isDigit || $0 == 0x5F }) else { return nil }
  return "a number counted in sixties"
}

extension UInt8 {
  var isDigit: Bool { self &- 0x30 < 10 }
  var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
}

extension RandomAccessCollection<UInt8> {
  func spells(_ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }
  func hasPrefix(_ word: StaticString) -> Bool { prefix(word.utf8CodeUnitCount).spells(word) }

  /// Whether there is at least one byte and all of them belong.
  func isAll(_ belongs: (UInt8) -> Bool) -> Bool { !isEmpty && allSatisfy(belongs) }

  func dropSign() -> SubSequence { first == UInt8(ascii: "+") || first == UInt8(ascii: "-") ? dropFirst() : self[...] }
}

extension RandomAccessCollection<UInt8> where SubSequence == Self {
  /// Removes the leading bytes that belong, and counts them.
  fileprivate mutating func take(_ belongs: (UInt8) -> Bool) -> Int {
    let length = prefix(while: belongs).count
    self = dropFirst(length)
    return length
  }
}
