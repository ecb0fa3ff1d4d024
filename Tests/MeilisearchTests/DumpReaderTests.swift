@testable import MeilisearchProvider
import TestSupport
import Testing

/// What is read of a dump without a server: archives of the real `tar`, cut and mixed up.
@Suite("What a dump holds") struct DumpReaderTests {
  private static func parse(_ bytes: [UInt8]) -> (format: String, version: String)? { String(decoding: bytes, as: UTF8.self).contains("V6") ? ("V6", "1.11.3") : nil }

  private func archive(_ files: [(String, String)], format: String = "gnu") throws -> [UInt8] {
    let folder = try temporaryFolder("dumpfile")
    defer { removeFolder(folder) }
    for (path, text) in files {
      try runProgram(["mkdir", "-p", "\(folder)/in/" + path.split(separator: "/").dropLast().joined(separator: "/")])
      try writeFile("\(folder)/in/\(path)", text)
    }
    try runProgram(["tar", "--format=\(format)", "-C", "\(folder)/in", "-cf", "\(folder)/out", "."])
    return try readBytes("\(folder)/out")
  }

  private func read(_ bytes: [UInt8], chunk: Int = 4_096) -> Result<DumpContents, DumpProblem> {
    Result { () throws(DumpProblem) in
      var reader = DumpReader(parse: Self.parse)
      for at in stride(from: 0, to: bytes.count, by: chunk) { try reader.feed(Array(bytes[at..<min(at + chunk, bytes.count)])) }
      return try reader.finish()
    }
  }

  private let metadata = ("metadata.json", #"{"dumpVersion":"V6","dbVersion":"1.11.3"}"#)
  private let longName = String(repeating: "long-name-", count: 20)

  @Test("documents are counted, in chunks of any size, in archives of each format, with names of any length", arguments: ["gnu", "pax", "ustar"], [1, 100, 511, 512, 513, 100_000])
  func counted(_ format: String, _ chunk: Int) throws {
    let name = format == "ustar" ? "short" : longName
    let bytes = try archive(
      [metadata, ("keys.jsonl", "{}\n{}\n"), ("indexes/a/documents.jsonl", "{\"id\":1}\n{\"id\":2}\n"), ("indexes/b/documents.jsonl", "{\"id\":1}\n{\"id\":2}"), ("indexes/c/documents.jsonl", ""),
        ("indexes/\(name)/documents.jsonl", String(repeating: "{}\n", count: 1_000)), ("indexes/a/settings.json", "{}\n\n\n"), ("tasks/queue.jsonl", "{}\n")], format: format)
    let contents = try read(bytes, chunk: chunk).get()
    #expect(contents.documents == ["a": 2, "b": 2, "c": 0, name: 1_000] && contents.keys == 2 && contents.version == "1.11.3" && contents.bytes == Int64(bytes.count))
  }

  @Test("what is cut anywhere, damaged, or something else is no dump") func damaged() throws {
    let bytes = try archive([metadata, ("indexes/a/documents.jsonl", String(repeating: "{}\n", count: 500))])
    // Up to where the end is marked.
    let end = try #require(Array(stride(from: 0, to: bytes.count, by: 512)).last { bytes[$0..<min($0 + 512, bytes.count)].contains { $0 != 0 } }) + 512
    for length in stride(from: 0, through: end, by: 173) { #expect(throws: DumpProblem.self) { try read(Array(bytes[..<length])).get() } }
    for at in stride(from: 0, to: 512, by: 37) {
      var changed = bytes
      changed[at] ^= 0x11
      #expect(throws: DumpProblem.self, "byte \(at)") { try read(changed).get() }
    }
    #expect(throws: DumpProblem.self) { try read(Array("hello".utf8)).get() }
    #expect(throws: DumpProblem(description: "it has no metadata.json: it is no dump of Meilisearch")) { try read(archive([("a", "b")])).get() }
    #expect(throws: DumpProblem(description: "its metadata.json cannot be read")) { try read(archive([("metadata.json", "{}")])).get() }
  }

  @Test("versions are compared by their numbers, and a pin says as much as it says", arguments: [
    ("1.11.3", "1.11", true), ("1.1.3", "1.11", false), ("1.11.3", "1.11.3", true), ("1.11.3", "1", true), ("1.12.0", "1.11", false),
  ]) func versions(_ running: String, _ pinned: String, _ fits: Bool) throws {
    #expect(try #require(ServerVersion(running)).isOne(of: #require(ServerVersion(pinned))) == fits)
    #expect(try #require(ServerVersion("1.9.0")) < #require(ServerVersion("1.10.0")))
    #expect(ServerVersion("unknown") == nil)
  }
}
