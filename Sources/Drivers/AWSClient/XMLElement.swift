/// An element of the small XML that AWS's services answer with. Attributes and namespaces are read over.
public struct XMLElement: Hashable, Sendable {
  public var name: String
  /// The text directly inside, without the white space around it if there are children.
  public var text: String
  public var children: [XMLElement]

  public init(_ name: String, text: String = "", _ children: [XMLElement] = []) { self.name = name; self.text = text; self.children = children }

  public func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }
  public func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
  public func text(_ name: String) -> String? { first(name)?.text }

  /// As it is sent: what was read comes out as it was but for attributes, name spaces, comments, and the white space between elements.
  public var written: String { "<\(name)>" + (children.isEmpty ? Self.escape(text) : children.map(\.written).joined()) + "</\(name)>" }

  private static func escape(_ text: String) -> String {
    text.reduce(into: "") { out, character in
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\r": out += "&#13;"
      default: out.append(character)
      }
    }
  }
}

/// Why a text is not XML that is understood here.
public struct XMLProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public var offset: Int
  public var what: String
  public init(offset: Int, what: String) { self.offset = offset; self.what = what }
  public var description: String { "no XML that is understood (\(what), byte \(offset))" }
}

extension XMLElement {
  /// Reads one document. Strict: tags must match, entities must be known, and there is no document type, so nothing can be included or
  /// grow. Nothing is deeper than 32 elements.
  public static func read(_ bytes: [UInt8]) throws(XMLProblem) -> XMLElement {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw XMLProblem(offset: 0, what: "it is not UTF-8") }
    var reader = XMLReader(bytes: bytes)
    return try reader.document()
  }
}

private struct XMLReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes }

  mutating func document() throws(XMLProblem) -> XMLElement {
    try skipProlog()
    guard peek("<") else { throw problem("there is no element") }
    let root = try element(depth: 0)
    try skipProlog()
    guard position == bytes.count else { throw problem("something follows the document") }
    return root
  }

  /// White space, comments, processing instructions.
  private mutating func skipProlog() throws(XMLProblem) {
    while true {
      skipSpace()
      if peek("<?") { try skip(past: "?>") } else if peek("<!--") { try skip(past: "-->") } else { break }
    }
    if peek("<!") { throw problem("a document type is not allowed") }
  }

  private mutating func element(depth: Int) throws(XMLProblem) -> XMLElement {
    guard depth < 32 else { throw problem("it is nested too deeply") }
    take(1)
    let name = try name()
    if try attributes() { return XMLElement(Self.local(name)) }
    var text: [UInt8] = []
    var children: [XMLElement] = []
    while true {
      guard position < bytes.count else { throw problem("`\(name)` does not end") }
      if peek("</") {
        take(2)
        guard try self.name() == name else { throw problem("`\(name)` is closed by another name") }
        skipSpace()
        try expect(">")
        break
      } else if peek("<!--") { try skip(past: "-->") } else if peek("<![CDATA[") {
        take(9)
        let start = position
        try skip(past: "]]>")
        text += bytes[start..<position - 3]
      } else if peek("<?") { try skip(past: "?>") } else if peek("<") { children.append(try element(depth: depth + 1)) } else if peek("&") {
        text += try entity()
      } else {
        text.append(bytes[position])
        take(1)
      }
    }
    let words = String(decoding: text, as: UTF8.self)
    return XMLElement(Self.local(name), text: children.isEmpty ? words : String(words.trimmingSpace), children)
  }

  /// True if the element ends with its tag.
  private mutating func attributes() throws(XMLProblem) -> Bool {
    while true {
      skipSpace()
      if peek("/>") { take(2); return true }
      if peek(">") { take(1); return false }
      _ = try name()
      skipSpace()
      try expect("=")
      skipSpace()
      guard let quote = bytes[safe: position], quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw problem("an attribute has no value") }
      guard let end = bytes[(position + 1)...].firstIndex(of: quote), !bytes[position..<end].contains(UInt8(ascii: "<"))
      else { throw problem("an attribute does not end") }
      position = end + 1
    }
  }

  private mutating func entity() throws(XMLProblem) -> [UInt8] {
    guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw problem("an entity does not end") }
    let name = String(decoding: bytes[position + 1..<end], as: UTF8.self)
    let known = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
    var text = known[name]
    if name.hasPrefix("#x"), let value = UInt32(name.dropFirst(2), radix: 16) { text = UnicodeScalar(value).map { String(Character($0)) } }
    else if name.hasPrefix("#"), let value = UInt32(name.dropFirst()) { text = UnicodeScalar(value).map { String(Character($0)) } }
    guard let text else { throw problem("the entity `\(name)` is not known") }
    position = end + 1
    return Array(text.utf8)
  }

  private mutating func name() throws(XMLProblem) -> String {
    let start = position
    while let byte = bytes[safe: position], byte > 0x20, !"<>/=\"'&;!?".utf8.contains(byte) { position += 1 }
    guard position > start else { throw problem("a name is missing") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private static func local(_ name: String) -> String { name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name }
  private func peek(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { wanted in bytes.count - position >= wanted.count && bytes[position..<position + wanted.count].elementsEqual(wanted) }
  }
  private mutating func take(_ count: Int) { position += count }
  private mutating func skipSpace() { while let byte = bytes[safe: position], [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 } }
  private mutating func skip(past text: String) throws(XMLProblem) {
    guard let found = bytes[position...].firstRange(of: Array(text.utf8)) else { throw problem("`\(text)` is missing") }
    position = found.upperBound
  }
  private mutating func expect(_ text: StaticString) throws(XMLProblem) {
    guard peek(text) else { throw problem("`\(text)` is missing") }
    position += text.utf8CodeUnitCount
  }
  private func problem(_ what: String) -> XMLProblem { XMLProblem(offset: position, what: what) }
}

extension [UInt8] {
  fileprivate subscript(safe index: Int) -> UInt8? { index < count ? self[index] : nil }
}

extension StringProtocol {
  /// Without white space and line ends at both sides.
  public var trimmingSpace: SubSequence {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else { return self[endIndex...] }
    return self[first...last]
  }
}
