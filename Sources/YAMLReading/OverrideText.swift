public import Diagnostics

/// `ADDRESS=VALUE` of a command line, the value as YAML on one line. Its places are columns of that very text.
///
/// Nil where there is no such pair at all: wrong usage.
public func readOverride(_ file: SourceFile) -> (override: YAMLOverride?, diagnostics: [Diagnostic])? {
  let text = String(decoding: file.bytes, as: UTF8.self).unicodeScalars
  guard let equals = text.firstIndex(of: "="), equals > text.startIndex, !text.contains("\n"),
    text[text.index(after: equals)...].contains(where: { $0 != " " })
  else { return nil }
  let address = String(text[..<equals])
  let width = address.unicodeScalars.count
  // The value is read where it stands, behind so many spaces.
  let padded = String(repeating: " ", count: width + 1) + String(text[text.index(after: equals)...])
  let (document, diagnostics) = readYAML(SourceFile(path: file.path, bytes: Array(padded.utf8)))
  guard let value = document.root else { return (nil, diagnostics) }
  let span = SourceSpan(path: file.path, start: SourceMark(line: 1, column: 1), end: SourceMark(line: 1, column: width + 1))
  return (YAMLOverride(address: address, span: span, value: value), diagnostics)
}
