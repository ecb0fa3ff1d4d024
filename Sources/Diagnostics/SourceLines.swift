/// The lines of a file's text. A line ends at a line feed, or a carriage return and a line feed; a byte order mark at the very start of
/// the file belongs to no line.
public struct SourceLines: Sendable {
  public let bytes: [UInt8]
  /// Where the text begins: after the byte order mark, if there is one.
  public let textStart: Int
  private let lineStarts: [Int]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    textStart = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var starts = [textStart]
    for at in bytes.indices.dropFirst(textStart) where bytes[at] == 0x0A { starts.append(at + 1) }
    lineStarts = starts
  }

  /// At least 1: the text after the last line feed counts as a line, even where it is empty.
  public var count: Int { lineStarts.count }

  /// A line, counted from 1, without its end; nil where the file has no such line.
  public subscript(number: Int) -> ArraySlice<UInt8>? {
    guard number >= 1, number <= lineStarts.count else { return nil }
    let line = bytes[lineStarts[number - 1]..<(number < lineStarts.count ? lineStarts[number] - 1 : bytes.count)]
    return number < lineStarts.count && line.last == 0x0D ? line.dropLast() : line
  }

  /// The place of a byte.
  public func mark(atByte byte: Int) -> SourceMark {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= byte { low = middle } else { high = middle }
    }
    return SourceMark(line: low + 1, column: Self.scalars(in: bytes[min(lineStarts[low], byte)..<byte]) + 1)
  }

  /// Unicode scalars of UTF-8 text.
  public static func scalars(in bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }

  /// The text behind a number of scalars.
  public static func text(_ bytes: ArraySlice<UInt8>, afterScalars count: Int) -> ArraySlice<UInt8> {
    var passed = 0
    let start = bytes.firstIndex { byte in
      if byte & 0xC0 != 0x80 { passed += 1 }
      return passed > count
    }
    return bytes[(start ?? bytes.endIndex)...]
  }
}
