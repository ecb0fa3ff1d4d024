internal import Diagnostics

/// The text of a file, and the places in it that messages point at.
struct SourceText {
  let path: String
  let lines: SourceLines

  init(_ file: SourceFile) {
    path = file.path
    lines = SourceLines(file.bytes)
  }

  /// The bytes of a line, counted from 1, without its break; empty beyond the end.
  func line(_ number: Int) -> ArraySlice<UInt8> { lines[number] ?? [] }

  /// The rest of the line from a mark on.
  func rest(from mark: SourceMark) -> ArraySlice<UInt8> { SourceLines.text(line(mark.line), afterScalars: mark.column - 1) }

  func endOfLine(_ number: Int) -> SourceMark { SourceMark(line: number, column: SourceLines.scalars(in: line(number)) + 1) }

  /// One column, for a single character.
  func character(at mark: SourceMark) -> SourceSpan { span(at: mark, scalars: 1) }

  /// The word at a mark, or one column where there is none.
  func word(at mark: SourceMark) -> SourceSpan { span(at: mark, scalars: SourceLines.scalars(in: rest(from: mark).prefix { $0 > 0x20 })) }

  /// The text from a mark to the end of its line, without white space and comment behind it.
  func phrase(at mark: SourceMark) -> SourceSpan {
    var text = rest(from: mark)
    let comment = text.indices.dropFirst().first { text[$0] == UInt8(ascii: "#") && text[$0 - 1] <= 0x20 }
    if let comment { text = text[..<comment] }
    while let last = text.last, last <= 0x20 { text = text.dropLast() }
    return span(at: mark, scalars: SourceLines.scalars(in: text))
  }

  private func span(at mark: SourceMark, scalars: Int) -> SourceSpan {
    SourceSpan(path: path, start: mark, end: SourceMark(line: mark.line, column: mark.column + max(1, scalars)))
  }
}
