internal import Glibc
public import Testing

/// Holds a text against the file that shows it; with `SIE_DR_REWRITE` set the file is written anew, for the next commit to show.
public func expectSnapshot(_ text: String, _ path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = Repository.root + path
  if getenv("SIE_DR_REWRITE") != nil { return try writeFile(file, text) }
  #expect(try readFile(file) == text, "\(path) is another text: look at what changed, and rewrite it with SIE_DR_REWRITE=1", sourceLocation: sourceLocation)
}
