import TestSupport
import Testing

/// What the README says to somebody with a database and a bucket, done to the letter.
@Suite(.timeLimit(.minutes(10)))
struct ReadmeTests {
  /// The lines of the first block of that language after a heading.
  private func block(_ language: String, after heading: String) throws -> String {
    let lines = try readFile(Repository.root + "README.md").split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { $0 != "## \(heading)" }.drop { $0 != "```\(language)" }.dropFirst().prefix { $0 != "```" }.joined(separator: "\n")
  }

  @Test("the plan and the commands for one's own database and bucket back it up and restore it elsewhere")
  func ownDatabase() async throws {
    let server = try S3Server.shared(.seaweedFS)
    let scene = try Scene(
      "CREATE TABLE orders AS SELECT n, md5(n::text) AS note FROM generate_series(1, 1000) n",
      environment: ["BUCKET_KEYS": "\(S3Server.accessKey):\(S3Server.secretKey)"])
    // The names of one's own.
    let plan = try block("yaml", after: "Your own database and bucket").replacing(
      "bucket: my-backups, prefix: shop, region: eu-central-1,",
      with: "bucket: \(S3Server.bucket), prefix: \(scene.database), region: eu-central-1, endpoint: \"\(server.url)\",")
    try writeFile("\(scene.folder)/plan.yaml", plan)
    let commands = try block("console", after: "Your own database and bucket").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(commands.count == 6)
    for words in commands {
      #expect(words.prefix(2) == ["$", "sie-dr"])
      let end = try await scene.start(Array(words.dropFirst(2))).end(within: .seconds(120))
      #expect(end.status == 0, "\(words.joined(separator: " ")): \(end.output)\(end.errors)")
    }
    #expect(try Scene.dump(scene.target, scene.database) == Scene.dump(scene.source, scene.database))
  }
}
