extension Diagnostic {
  /// Whether the text at the finding's place must not be shown again: a build log is read by more people than the plan.
  public var concealsText: Bool { code == "secret-literal" }
}

extension SourceLines {
  /// The same lines with every character of these spans as `*`: places keep their lines and columns.
  public func concealing(_ spans: [SourceSpan]) -> SourceLines {
    guard !spans.isEmpty else { return self }
    var text = Array(bytes[..<textStart])
    for number in 1...count {
      let line = String(decoding: self[number] ?? [], as: UTF8.self).unicodeScalars
      let shown = line.enumerated().map { index, scalar -> UnicodeScalar in
        let mark = SourceMark(line: number, column: index + 1)
        return spans.contains { $0.start <= mark && mark < $0.end } && scalar != " " ? "*" : scalar
      }
      var hidden = String.UnicodeScalarView()
      hidden.append(contentsOf: shown)
      text += Array(String(hidden).utf8)
      if number < count { text.append(0x0A) }
    }
    return SourceLines(text)
  }
}
