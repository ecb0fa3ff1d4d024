import Commands
import TestSupport
import Testing

@Suite("Generated files") struct GeneratedFilesTests {
  @Test("are those that the code generates now") func fresh() throws {
    for (path, text) in try GeneratedFiles.all() {
      #expect(try readFile(Repository.root + path) == text, "\(path) is stale: run `swift run generate write`")
    }
  }
}
