/// What a dump holds, as far as it can be told without a server.
struct DumpContents: Hashable, Sendable {
  /// `V6`.
  var format: String
  /// Of the server that wrote it.
  var version: String
  /// Documents by index.
  var documents: [String: Int64]
  /// API keys.
  var keys: Int64
  /// Unpacked.
  var bytes: Int64
}

/// Why a file is no whole dump.
struct DumpProblem: Error, Hashable, CustomStringConvertible { let description: String }

/// Reads the `tar` inside a dump, a piece at a time, and counts: pure, in constant memory.
struct DumpReader {
  private struct Metadata { var format: String, version: String }
  private enum Sink: Equatable { case skip, count(String), text(Text) }
  private enum Text { case metadata, longName, paxHeader }
  private enum State { case header, body(left: Int64, padding: Int64), ended }

  private static let block = 512
  private static let textLimit = 64 << 10

  private var state = State.header
  private var sink = Sink.skip
  /// A header or a text, while it comes.
  private var gathered: [UInt8] = []
  private var nextName: String?
  private var metadata: Metadata?
  private var lines: [String: Int64] = [:]
  /// Whether the last line of the file that is being counted has no end yet.
  private var isInLine = false
  private var bytes: Int64 = 0
  private let parse: @Sendable ([UInt8]) -> (format: String, version: String)?

  /// `parse` reads `metadata.json`.
  init(parse: @escaping @Sendable ([UInt8]) -> (format: String, version: String)?) { self.parse = parse }

  mutating func feed(_ chunk: [UInt8]) throws(DumpProblem) {
    bytes += Int64(chunk.count)
    var at = 0
    while at < chunk.count {
      switch state {
      case .ended: return
      case .header:
        let count = min(Self.block - gathered.count, chunk.count - at)
        gathered += chunk[at..<at + count]
        at += count
        if gathered.count == Self.block { try begin() }
      case .body(let left, let padding):
        let count = Int(min(left, Int64(chunk.count - at)))
        take(chunk[at..<at + count])
        at += count
        if left > Int64(count) { state = .body(left: left - Int64(count), padding: padding); continue }
        let skipped = Int(min(padding, Int64(chunk.count - at)))
        at += skipped
        if padding > Int64(skipped) { state = .body(left: 0, padding: padding - Int64(skipped)) } else { try end() }
      }
    }
  }

  /// The end of the file. Throws where it came too early, or where the file is another archive.
  func finish() throws(DumpProblem) -> DumpContents {
    guard case .ended = state else { throw DumpProblem(description: "it ends in the middle") }
    guard let metadata else { throw DumpProblem(description: "it has no metadata.json: it is no dump of Meilisearch") }
    var documents: [String: Int64] = [:]
    for (path, count) in lines { if let index = Self.index(of: path) { documents[index] = count } }
    return DumpContents(format: metadata.format, version: metadata.version, documents: documents, keys: lines["keys.jsonl"] ?? 0, bytes: bytes)
  }

  // MARK: Entries

  private mutating func begin() throws(DumpProblem) {
    let header = gathered
    gathered = []
    guard header.contains(where: { $0 != 0 }) else { state = .ended; return }
    guard Self.number(header[148..<156]) == Self.checksum(header), let size = Self.number(header[124..<136]), size >= 0 else {
      throw DumpProblem(description: "an entry of its archive is damaged")
    }
    let prefix = header[257..<262].elementsEqual("ustar".utf8) && header[262] == 0 ? Self.text(header[345..<500]) : ""
    let name = nextName ?? (prefix.isEmpty ? "" : prefix + "/") + Self.text(header[0..<100])
    switch header[156] {
    case UInt8(ascii: "L"): sink = .text(.longName)
    case UInt8(ascii: "x"): sink = .text(.paxHeader)
    case UInt8(ascii: "0"), 0:
      nextName = nil
      begin(file: name.hasPrefix("./") ? String(name.dropFirst(2)) : name)
    default:
      nextName = nil
      sink = .skip
    }
    state = .body(left: size, padding: (512 - size % 512) % 512)
    if size == 0 { try end() }
  }

  private mutating func begin(file name: String) {
    isInLine = false
    if name == "metadata.json" { sink = .text(.metadata) } else if name == "keys.jsonl" || Self.index(of: name) != nil {
      sink = .count(name)
      lines[name] = 0
    } else {
      sink = .skip
    }
  }

  private mutating func take(_ part: ArraySlice<UInt8>) {
    switch sink {
    case .skip: return
    case .text: gathered += part.prefix(max(0, Self.textLimit - gathered.count))
    case .count(let name):
      let ends = part.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
      lines[name, default: 0] += Int64(ends)
      if let last = part.last { isInLine = last != 0x0A }
    }
  }

  private mutating func end() throws(DumpProblem) {
    defer { gathered = []; sink = .skip; state = .header; isInLine = false }
    switch sink {
    case .skip: return
    case .count(let name): if isInLine { lines[name, default: 0] += 1 }
    case .text(.longName): nextName = Self.text(gathered[...])
    case .text(.paxHeader): nextName = Self.path(inPax: gathered) ?? nextName
    case .text(.metadata):
      guard let found = parse(gathered) else { throw DumpProblem(description: "its metadata.json cannot be read") }
      metadata = Metadata(format: found.format, version: found.version)
    }
  }

  // MARK: Fields

  /// `indexes/UID/documents.jsonl`.
  private static func index(of path: String) -> String? {
    let parts = path.split(separator: "/")
    return parts.count == 3 && parts[0] == "indexes" && parts[2] == "documents.jsonl" ? String(parts[1]) : nil
  }

  private static func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: field.prefix { $0 != 0 }, as: UTF8.self) }

  /// Octal digits, or for large files a binary number.
  private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
    if let first = field.first, first == 0x80 {
      return field.dropFirst(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }
    let digits = text(field).filter { $0 != " " }
    return digits.isEmpty ? 0 : Int64(digits, radix: 8)
  }

  /// Of the header with its own field read as blanks.
  private static func checksum(_ header: [UInt8]) -> Int64 {
    header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int64($1.element)) }
  }

  /// Lines of `LENGTH KEY=VALUE`.
  private static func path(inPax bytes: [UInt8]) -> String? {
    bytes.split(separator: 0x0A).compactMap { line -> String? in
      let record = String(decoding: line.drop { $0 != 0x20 }.dropFirst(), as: UTF8.self)
      return record.hasPrefix("path=") ? String(record.dropFirst(5)) : nil
    }.last
  }
}
