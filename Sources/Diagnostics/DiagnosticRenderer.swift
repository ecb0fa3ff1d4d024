/// Diagnostics as text for people: the line that is meant, what is wrong under it, why, and what to do.
///
/// A pure function of what it is given. Text from files is shown so that it cannot move the cursor, change colours or pass for output
/// of the program.
public struct DiagnosticRenderer: Sendable {
  public struct Options: Sendable {
    /// Colours by ANSI escape sequences.
    public var color: Bool
    /// Columns of the terminal: longer lines of a file are cut around the place that is meant. Messages are never cut or wrapped, so
    /// that what is to be typed can be copied.
    public var width: Int

    public init(color: Bool = false, width: Int = 120) {
      self.color = color
      self.width = width
    }
  }

  private var sources: [String: SourceLines]
  private let options: Options

  /// `sources` are the files that spans may point into; the place alone is shown of a file that is not among them.
  public init(sources: [SourceFile], options: Options = Options()) {
    self.sources = Dictionary(sources.map { ($0.path, SourceLines($0.bytes)) }) { first, _ in first }
    self.options = options
  }

  /// All of them in the given order, with an empty line between. Ends with a line feed, unless there are none.
  /// What one of them conceals, none of the others shows.
  public func render(_ diagnostics: [Diagnostic]) -> String {
    let renderer = concealing(diagnostics)
    return diagnostics.map { renderer.show($0) }.joined(separator: "\n")
  }

  /// One of them. Ends with a line feed.
  public func render(_ diagnostic: Diagnostic) -> String { concealing([diagnostic]).show(diagnostic) }

  private func concealing(_ diagnostics: [Diagnostic]) -> DiagnosticRenderer {
    let spans = Dictionary(grouping: diagnostics.filter(\.concealsText).compactMap(\.span), by: \.path)
    var renderer = self
    for (path, spans) in spans { renderer.sources[path] = sources[path]?.concealing(spans) }
    return renderer
  }

  private func show(_ diagnostic: Diagnostic) -> String {
    let style = Style(isOn: options.color, severity: diagnostic.severity)
    let frames = frames(of: diagnostic)
    let numbers = frames.flatMap(\.marks).filter { line(of: $0.span) != nil }.map(\.span.start.line)
    let gutter = Gutter(width: String(numbers.max() ?? 1).count, style: style)

    let kind = "\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue.visible)]"
    var lines = [style.severity(kind) + style.strong(": " + diagnostic.summary.visible)]
    for (position, frame) in frames.enumerated() {
      if position > 0 { lines.append(gutter.bar("")) }
      lines += render(frame, gutter, style)
    }
    let notes = notes(of: diagnostic, frames)
    if !frames.isEmpty, !notes.isEmpty { lines.append(gutter.bar("")) }
    lines += notes.flatMap { gutter.note($0) }
    return lines.map { $0 + "\n" }.joined()
  }

  // MARK: Frames

  private struct Mark {
    var span: SourceSpan
    var label: String
    var isPrimary: Bool
  }

  /// The marks in one file.
  private struct Frame {
    var path: String
    var marks: [Mark]
  }

  private func frames(of diagnostic: Diagnostic) -> [Frame] {
    let primary = diagnostic.span.map { [Mark(span: $0, label: diagnostic.label, isPrimary: true)] } ?? []
    var frames: [Frame] = []
    for mark in primary + diagnostic.related.map({ Mark(span: $0.span, label: $0.label, isPrimary: false) }) {
      if let known = frames.firstIndex(where: { $0.path == mark.span.path }) {
        frames[known].marks.append(mark)
      } else {
        frames.append(Frame(path: mark.span.path, marks: [mark]))
      }
    }
    return frames
  }

  private func line(of span: SourceSpan) -> ArraySlice<UInt8>? { sources[span.path]?[span.start.line] }

  private func render(_ frame: Frame, _ gutter: Gutter, _ style: Style) -> [String] {
    let place = frame.marks.first?.span.place ?? frame.path
    var lines = [gutter.header(place.visible)]
    let byLine = Dictionary(grouping: frame.marks.filter { line(of: $0.span) != nil }, by: \.span.start.line)
    if !byLine.isEmpty { lines.append(gutter.bar("")) }
    var before: Int?
    for (number, marks) in byLine.sorted(by: { $0.key < $1.key }) {
      if let before, number > before + 1 { lines.append(gutter.gap) }
      before = number
      lines += render(marks, line: number, gutter, style)
    }
    return lines
  }

  /// A line of the file and the marks under it. Where the line has to be cut, each mark has an excerpt of its own.
  private func render(_ marks: [Mark], line number: Int, _ gutter: Gutter, _ style: Style) -> [String] {
    let room = max(20, options.width - gutter.width - 3)
    var lines: [String] = []
    var shown: String?
    for mark in marks {
      guard let bytes = line(of: mark.span) else { continue }
      let excerpt = LineExcerpt(bytes, around: mark.span.start.column).fitted(to: room, around: mark.span.start.column)
      if excerpt.text != shown { lines.append(gutter.source(number, excerpt.text)) }
      shown = excerpt.text
      let isOneLine = mark.span.end.line <= mark.span.start.line
      let (offset, width) = excerpt.place(from: mark.span.start.column, to: isOneLine ? mark.span.end.column : nil)
      let underline = String(repeating: mark.isPrimary ? "^" : "-", count: width) + (mark.label.isEmpty ? "" : " " + mark.label.visible)
      let colored = mark.isPrimary ? style.severity(underline) : style.quiet(underline)
      lines.append(gutter.bar(String(repeating: " ", count: offset) + colored))
    }
    return lines
  }

  /// What stands under the frames: first the labels of marks whose line cannot be shown.
  private func notes(of diagnostic: Diagnostic, _ frames: [Frame]) -> [String] {
    let unseen = frames.flatMap(\.marks).filter { line(of: $0.span) == nil && !$0.label.isEmpty }
    let labels = unseen.map { $0.isPrimary ? $0.label : "\($0.span.place): \($0.label)" }
    return labels + diagnostic.notes + diagnostic.helps.map { "help: " + $0 }
  }
}

/// What stands left of everything: line numbers and the bar.
private struct Gutter {
  var width: Int
  var style: Style

  private var blank: String { String(repeating: " ", count: width) }
  var gap: String { style.quiet("\(blank) ·") }
  func header(_ place: String) -> String { "\(style.quiet("\(blank) ┌─")) \(place)" }
  func bar(_ text: String) -> String { style.quiet("\(blank) │") + (text.isEmpty ? "" : " " + text) }

  func source(_ number: Int, _ text: String) -> String {
    let digits = String(number)
    let bar = style.quiet(String(repeating: " ", count: max(0, width - digits.count)) + digits + " │")
    return text.isEmpty ? bar : "\(bar) \(text)"
  }

  /// A note may have several lines; all but the first are indented under it.
  func note(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { position, line in
      position == 0 ? "\(style.quiet("\(blank) =")) \(String(line).visible)" : "\(blank)   \(String(line).visible)"
    }
  }
}

/// ANSI colours, or none.
private struct Style {
  var isOn: Bool
  var severity: Severity

  func severity(_ text: String) -> String {
    switch severity {
    case .error: colored(text, "1;31")
    case .warning: colored(text, "1;33")
    case .note: colored(text, "1;36")
    }
  }
  func strong(_ text: String) -> String { colored(text, "1") }
  func quiet(_ text: String) -> String { colored(text, "34") }

  private func colored(_ text: String, _ code: String) -> String { isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}

/// `plans/sie.yaml:41:7: error[rpo-exceeded]: insights can lose 1h 14m`: one line for logs, editors and `grep`.
public func oneLine(_ diagnostic: Diagnostic) -> String {
  let place = diagnostic.span.map { $0.place.visible + ": " } ?? ""
  return "\(place)\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue.visible)]: \(diagnostic.summary.visible)"
}

/// `2 errors, 1 warning`; `no findings` where there are none.
public func summaryLine(_ diagnostics: [Diagnostic]) -> String {
  let parts = Severity.allCases.sorted(by: >).compactMap { severity -> String? in
    let count = diagnostics.count { $0.severity == severity }
    return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
  }
  return parts.isEmpty ? "no findings" : parts.joined(separator: ", ")
}
