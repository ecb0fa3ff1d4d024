/// A piece of text as a terminal shows it: nothing hidden, nothing that moves the cursor, and the number of columns it takes.
struct TerminalCell {
  var text: String
  var width: Int
}

extension TerminalCell {
  /// One user-perceived character. What cannot be seen, or would change how other text is shown, is written out, so that text from a
  /// plan cannot pass for a message of ours.
  init(_ character: Character) {
    var text = String.UnicodeScalarView()
    var writtenOut = 0
    var width = 0
    var indicators = 0
    // A terminal stacks any number of marks on one letter and over the lines above.
    for scalar in character.unicodeScalars.prefix(16) {
      if let name = Self.name(of: scalar, isJoined: !text.isEmpty) {
        text.append(contentsOf: name.unicodeScalars)
        writtenOut += name.unicodeScalars.count
        continue
      }
      text.append(scalar)
      if (0x1F1E6...0x1F1FF).contains(scalar.value) { indicators += 1 }
      // Variation selector 16 asks for the wide, coloured form.
      width = max(width, scalar.value == 0xFE0F || indicators == 2 ? 2 : Self.width(of: scalar))
    }
    if width == 0, writtenOut == 0 {
      text.insert("\u{25CC}", at: text.startIndex)
      width = 1
    }
    self.init(text: String(text), width: width + writtenOut)
  }

  /// How a scalar is written out; nil where it can be shown as it is.
  private static func name(of scalar: Unicode.Scalar, isJoined: Bool) -> String? {
    switch scalar.value {
    case 0x20...0x7E: return nil
    case 0..<0x20: return Unicode.Scalar(0x2400 + scalar.value).map { String($0) }
    case 0x7F: return "\u{2421}"
    // Joiners and tags are parts of emoji and of some scripts' letters.
    case 0x200C, 0x200D, 0xE0020...0xE007F: return isJoined ? nil : hexadecimal(scalar)
    case 0x3000: return nil
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse, .unassigned:
      return hexadecimal(scalar)
    default: return nil
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "<U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)>"
  }

  private static func width(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// Source: Unicode Standard Annex 11, East Asian Width, classes W and F, joined where the gaps are unassigned.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
    0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18AFF,
    0x1B000...0x1B2FF,
    0x1F200...0x1F2FF, 0x20000...0x3FFFD,
  ]
}

extension String {
  /// One line that shows everything in it.
  public var visible: String {
    utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? self : map { TerminalCell($0).text }.joined()
  }
}

/// A line of a file, or as much of it around a place as a terminal has room for.
struct LineExcerpt {
  private var cells: [(cell: TerminalCell, firstColumn: Int)] = []
  private var endColumn = 1
  private var isCutBefore = false
  private var isCutAfter = false

  private static let tabWidth = 4
  /// Of a longer line only the neighbourhood of the place is looked at.
  private static let mostScalars = 4_000

  init(_ line: ArraySlice<UInt8>, around column: Int) {
    var line = line
    var column = column
    if line.count > Self.mostScalars {
      let skipped = max(0, min(column - 1, SourceLines.scalars(in: line)) - Self.mostScalars / 2)
      line = SourceLines.text(line, afterScalars: skipped)
      let rest = SourceLines.text(line, afterScalars: Self.mostScalars)
      isCutBefore = skipped > 0
      isCutAfter = !rest.isEmpty
      line = line[..<rest.startIndex]
      column = skipped + 1
    } else {
      column = 1
    }
    var width = 0
    for character in String(decoding: line, as: UTF8.self) {
      let isTab = character == "\t"
      let tab = Self.tabWidth - width % Self.tabWidth
      let cell = isTab ? TerminalCell(text: String(repeating: " ", count: tab), width: tab) : TerminalCell(character)
      cells.append((cell, column))
      column += character.unicodeScalars.count
      width += cell.width
    }
    endColumn = column
  }

  var text: String { (isCutBefore ? "…" : "") + cells.map(\.cell.text).joined() + (isCutAfter ? "…" : "") }

  /// Cut to a width, so that the column is shown and, where there is room, more behind it than before it.
  func fitted(to width: Int, around column: Int) -> LineExcerpt {
    guard cells.reduce(0, { $0 + $1.cell.width }) + (isCutBefore ? 1 : 0) + (isCutAfter ? 1 : 0) > width else { return self }
    let middle = cells.lastIndex { $0.firstColumn <= column } ?? 0
    var room = max(0, width - 2)
    var range = middle..<middle
    func extendRight(leaving reserve: Int) {
      while range.upperBound < cells.count, room - cells[range.upperBound].cell.width >= reserve {
        room -= cells[range.upperBound].cell.width
        range = range.lowerBound..<range.upperBound + 1
      }
    }
    extendRight(leaving: room / 3)
    while range.lowerBound > 0, room >= cells[range.lowerBound - 1].cell.width {
      room -= cells[range.lowerBound - 1].cell.width
      range = range.lowerBound - 1..<range.upperBound
    }
    extendRight(leaving: 0)
    var excerpt = self
    excerpt.cells = Array(cells[range])
    excerpt.isCutBefore = isCutBefore || range.lowerBound > 0
    excerpt.isCutAfter = isCutAfter || range.upperBound < cells.count
    if range.upperBound < cells.count { excerpt.endColumn = cells[range.upperBound].firstColumn }
    return excerpt
  }

  /// Where the columns from `start` up to and without `end` are shown; nil for the end of the line. At least one wide.
  func place(from start: Int, to end: Int?) -> (offset: Int, width: Int) {
    let lead = isCutBefore ? 1 : 0
    var offset = lead
    var width = 0
    for (position, (cell, firstColumn)) in cells.enumerated() {
      let nextColumn = position + 1 < cells.count ? cells[position + 1].firstColumn : endColumn
      if nextColumn <= start { offset += cell.width } else if firstColumn < (end ?? .max) { width += cell.width }
    }
    return (offset, max(1, width))
  }
}
