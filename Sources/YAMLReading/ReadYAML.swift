public import Diagnostics

/// Reads one YAML 1.2 document, strictly. Never throws: everything wrong is a diagnostic, in the order of the file.
///
/// Reading goes on after what it safely can: the first of two equal keys is kept, an alias without an anchor is nothing, an ambiguous
/// value keeps its text. After an error of syntax, or beyond a limit, the document has no root: half a tree would only make for
/// findings that are not true.
public func readYAML(_ file: SourceFile, limits: YAMLLimits = .standard) -> (document: YAMLDocument, diagnostics: [Diagnostic]) {
  guard file.bytes.count <= limits.bytes else {
    let finding = Diagnostic(
      .tooLarge, "the file has \(file.bytes.count) bytes; the limit is \(limits.bytes)",
      at: SourceSpan(path: file.path, start: SourceMark(line: 1, column: 1), end: SourceMark(line: 1, column: 1)),
      helps: ["check that this is the plan; data belongs in files of its own"])
    return (YAMLDocument(file: file, root: nil), [finding])
  }
  let source = SourceText(file)
  let unreadable = source.unreadableCharacters(limit: limits.diagnostics)
  guard unreadable.isEmpty else { return (YAMLDocument(file: file, root: nil), unreadable) }

  return file.bytes.withUnsafeBufferPointer { bytes in
    var composer = Composer(UnsafeBufferPointer(rebasing: bytes[source.lines.textStart...]), of: source, limits: limits)
    var root: UInt32?
    do throws(Stop) {
      root = try composer.document()
    } catch {
      composer.diagnostics.append(error.diagnostic)
    }
    let diagnostics = composer.diagnostics.sorted()
    guard let root else { return (YAMLDocument(file: file, root: nil), diagnostics) }
    let tree = YAMLTree(paths: [file.path], content: composer.content)
    return (YAMLDocument(file: file, root: YAMLNode(tree: tree, index: root)), diagnostics)
  }
}

/// What ends the reading.
struct Stop: Error {
  var diagnostic: Diagnostic
}
