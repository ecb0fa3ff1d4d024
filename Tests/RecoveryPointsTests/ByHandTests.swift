import ObjectStore
import RecoveryPoints
import TestSupport
import Testing

@Suite("Commands for a shell", .timeLimit(.minutes(10)))
struct ByHandTests {
  @Test("a shell reads every text as what it is", arguments: [
    "plain/db.0_1-2", "", "-n", "it's", "$(touch canary)", "`id`", "a b", "\\", "\"", "new\nline", "#", "ü€ \u{1F600}", "*", "~", "'", "''", "a'b'c'",
  ])
  func quoting(text: String) throws {
    for word in [Shell.quote(text), Shell.word(text)] {
      #expect(try runProgram(["bash", "-c", "printf '%s' \(word)"]).output == text)
    }
    #expect(try runProgram(["bash", "-c", "\(Shell.comment(text))\necho done"]).output == "done\n")
  }

  @Test("a bucket's objects are fetched by name, and one that leads out of the folder is not")
  func hostile() async throws {
    var manifest = try await writePoint(place(), in: InMemoryStore(name: "east"))
    manifest.objects[0].path = "../../etc/passwd"
    manifest.objects[1].path = "x; $(touch canary)"
    let source = PointSource.bucket(.init(url: "https://h/b/p%20q/", s3: nil, endpoint: "https://h", region: "r", certificates: "/my ca.pem"))
    let text = source.commands(manifest).joined(separator: "\n")
    #expect(!text.contains("etc/passwd") && text.contains("'x; $(touch canary)'") && !text.contains("aws s3"))
    #expect(text.contains("--cacert '/my ca.pem'") && text.contains("'https://h/b/p%20q/\(place().prefix)'"))
    #expect(PointSource.folder("/it's").commands(manifest) == ["cp -R '/it'\\''s/\(place().prefix).' ."])
  }
}
