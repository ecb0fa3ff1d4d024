internal import Diagnostics

/// The bytes of a file with the start of each line: from places to bytes and back.
struct SourceText {
  let path: String
  let bytes: [UInt8]
  /// After a byte order mark, if there is one.
  let start: Int
  private let lineStarts: [Int]

  init(_ file: SourceFile) {
    path = file.path
    bytes = file.bytes
    start = file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var starts = [start]
    for at in bytes.indices.dropFirst(start) where bytes[at] == 0x0A { starts.append(at + 1) }
    lineStarts = starts
  }

  /// The bytes of a line, counted from 1, without its break; empty beyond the end.
  func line(_ number: Int) -> ArraySlice<UInt8> {
    guard number >= 1, number <= lineStarts.count else { return [] }
    let line = bytes[lineStarts[number - 1]..<(number < lineStarts.count ? lineStarts[number] - 1 : bytes.count)]
    return line.last == 0x0D ? line.dropLast() : line
  }

  var lineCount: Int { lineStarts.count }

  func mark(atByte byte: Int) -> SourceMark {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= byte { low = middle } else { high = middle }
    }
    return SourceMark(line: low + 1, column: Self.scalars(in: bytes[min(lineStarts[low], byte)..<byte]) + 1)
  }

  /// The rest of the line from a mark on.
  func rest(from mark: SourceMark) -> ArraySlice<UInt8> {
    var line = line(mark.line)
    for _ in 1..<max(mark.column, 1) {
      guard !line.isEmpty else { break }
      line = line.dropFirst()
      line = line.drop { $0 & 0xC0 == 0x80 }
    }
    return line
  }

  func endOfLine(_ number: Int) -> SourceMark { SourceMark(line: number, column: Self.scalars(in: line(number)) + 1) }

  /// The word at a mark, or one column where there is none.
  func word(at mark: SourceMark) -> SourceSpan {
    let word = rest(from: mark).prefix { $0 > 0x20 }
    return SourceSpan(path: path, start: mark, end: SourceMark(line: mark.line, column: mark.column + max(1, Self.scalars(in: word))))
  }

  /// The text from a mark to the end of its line, without white space and comment behind it.
  func phrase(at mark: SourceMark) -> SourceSpan {
    var text = rest(from: mark)
    if let comment = text.indices.dropFirst().first(where: { text[$0] == UInt8(ascii: "#") && text[$0 - 1] <= 0x20 }) { text = text[..<comment] }
    while let last = text.last, last <= 0x20 { text = text.dropLast() }
    return SourceSpan(path: path, start: mark, end: SourceMark(line: mark.line, column: mark.column + max(1, Self.scalars(in: text))))
  }

  static func scalars(in bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}
