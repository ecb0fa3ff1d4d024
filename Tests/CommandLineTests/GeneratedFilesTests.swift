import Commands
import Glibc
import Testing

@Suite("Generated files") struct GeneratedFilesTests {
  @Test("are those that the code generates now") func fresh() throws {
    let root = String(#filePath.dropLast("Tests/CommandLineTests/GeneratedFilesTests.swift".count))
    for (path, text) in try GeneratedFiles.all() {
      let file = try #require(fopen(root + path, "r"), "\(path) is missing: run `swift run generate write`")
      defer { fclose(file) }
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
      #expect(String(decoding: bytes, as: UTF8.self) == text, "\(path) is stale: run `swift run generate write`")
    }
  }
}
