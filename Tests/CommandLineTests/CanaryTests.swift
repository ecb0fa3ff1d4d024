import Concurrency
import Glibc
import TestSupport
import Testing

/// Secrets are planted wherever a plan can refer to one, and looked for wherever something is written or shown.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct CanaryTests {
  static let fromEnvironment = "canary/env:one two+three=4"
  static let fromFile = "canary/file:Zwölf&five?six"
  static let fromCommand = "canary/command:se'ven \"eight\"%nine"
  static let inURL = PostgreSQLServer.password
  static let key = Result { try AgeKey.make() }
  static let all = [fromEnvironment, fromFile, fromCommand, inURL]

  /// Step programs that use their secrets, and one that fails and blurts all of them out.
  static let blurt = "[sh, -c, 'echo failing with $A and $B and $C >&2; echo $A | base64 >&2; echo $A; exit 1']"
  static let env = "env: { A: { secret: of-env }, B: { secret: of-file }, C: { secret: of-command } }"

  static func plan(_ onFailure: String) throws -> PlanText {
    PlanText(
      secrets: """
          of-env: { env: CANARY }
          of-file: { file: canary.txt }
          of-command: { command: [cat, canary-2.txt] }
          identity: { file: canary-3.txt }
        """, onFailure: onFailure,
      steps: PlanText.restore()
        + "      use: { command.run: { run: [sh, -c, 'test -n \"$A$B$C\" && sleep 0.3'], undo: [sh, -c, 'echo undo with $B >&2; exit 3'], \(env), captureLine: true }, needs: [restore], timeout: 1m, estimate: 1s }\n"
        + "      blurt: { command.run: { run: \(blurt), undo: [\"true\"], \(env) }, needs: [use], timeout: 1m, estimate: 1s }\n",
      recipient: try key.get().recipient, identity: "identity")
  }

  @Test("no secret in any argument list, file, changeset, journal or output, raw, in base64 or percent-encoded", arguments: ["rollback", "pause"])
  func nowhere(_ onFailure: String) async throws {
    let (source, target) = (try Servers.source.get(), try Servers.target.get())
    let name = "canary_\(UInt32.random(in: 0...UInt32.max))"
    try source.psql("CREATE DATABASE \(name)")
    try source.psql(PostgreSQLFaultTests.small + "; CREATE TABLE more AS SELECT * FROM t", database: name)
    let scene = try Scene(
      plan: try Self.plan(onFailure),
      environment: ["SOURCE_URL": source.tcpURL(name), "TARGET_URL": target.tcpURL(name), "CANARY": Self.fromEnvironment])
    try writeFile("\(scene.folder)/canary.txt", Self.fromFile + "\n")
    try writeFile("\(scene.folder)/canary-2.txt", Self.fromCommand + "\n")
    let key = try Self.key.get()
    try writeFile("\(scene.folder)/canary-3.txt", key.identity)
    let watch = ArgumentWatch(scene.folder)
    var shown: [ProgramResult] = []
    func tool(_ arguments: String..., status: Int32) async throws {
      let result = try await scene.start(arguments).end()
      #expect(result.status == status, "\(arguments): \(result.output)\(result.errors)")
      shown.append(result)
    }
    // Its interval is shorter than its backups take, and nothing verifies the restore.
    try await tool("lint", "plan.yaml", "--format", "json", status: 1)
    try await tool("apply", "--yes", "plan.yaml", status: 0)
    for format in ["text", "json", "markdown"] {
      try await tool("plan", "plan.yaml", "--scenario", "lost", "--format", format, "--out", "changeset-\(format).json", status: 0)
    }
    try await tool("apply", "--yes", "plan.yaml", "--scenario", "lost", status: onFailure == "pause" ? 6 : 5)
    let run = try scene.lastRun()
    try await tool("rollback", run, status: 5)
    try await tool("runs", "plan.yaml", "--format", "json", status: 0)
    try await tool("points", "show", "plan.yaml", "latest", status: 0)
    let arguments = await watch.stop()
    #expect(arguments.contains { $0.contains("pg_dump") } && arguments.contains { $0.contains("__supervise") }, "nothing was watched: \(arguments.count)")

    var places: [(String, [UInt8])] = arguments.sorted().map { ("the arguments of a process: \($0.prefix(60))", Array($0.utf8)) }
    for result in shown { places += [("the output", Array(result.output.utf8)), ("the error output", Array(result.errors.utf8))] }
    for (path, bytes) in try files(below: scene.folder) where !path.hasPrefix("canary") { places.append((path, bytes)) }
    #expect(places.contains { $0.0.hasSuffix("journal.jsonl") } && places.contains { $0.0.hasPrefix("changeset") })
    for (place, bytes) in places {
      let text = String(decoding: bytes, as: UTF8.self)
      for canary in Self.all + key.identity.split(separator: "\n").filter({ !$0.hasPrefix("#") }).map(String.init) {
        for form in Self.forms(of: canary) where text.contains(form) { Issue.record("\(place) holds \(form): \(text.prefix(2_000))") }
      }
    }
  }

  /// As it is, as JSON and the shell escape it, percent-encoded, and the letters that base64 makes of it at each of the three alignments.
  static func forms(of secret: String) -> [String] {
    let bytes = Array(secret.utf8)
    let percent = bytes.map { byte in
      let character = Character(UnicodeScalar(byte))
      return byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character)) ? String(character) : "%" + hex(byte)
    }.joined()
    let escaped = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("/", with: "\\/")
    // Without the first and last few letters, which depend on what stands around the secret.
    let encoded = (0..<3).map { shift in String(base64([UInt8](repeating: 0x20, count: shift) + bytes).dropFirst(4).dropLast(6)) }
    return Array(Set([secret, escaped, percent, percent.lowercased()] + encoded))
  }

  private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }

  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let value = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0...group.count { text.append(letters[value >> (18 - 6 * index) & 63]) }
    }
    return text
  }

  @Test("the forms that are looked for are those that tools make")
  func formsAreRight() throws {
    let said = try runProgram(["base64", "-w0"], input: "x" + Self.fromEnvironment).output
    #expect(Self.forms(of: Self.fromEnvironment).contains { said.contains($0) })
    #expect(Self.forms(of: Self.inURL).contains(PostgreSQLServer.encodedPassword))
  }
}

/// Looks again and again at the argument lists of all processes that work in a folder.
private final class ArgumentWatch: Sendable {
  private let seen = Lock<Set<String>>([])
  private let isOver = Lock(false)
  private let task: Task<Void, Never>

  init(_ folder: String) {
    // Programs come and go.
    task = Task.detached { [seen, isOver] in
      try? await onThread {
        while !isOver.withLock({ $0 }) {
          let arguments = SeenProcess.all().filter { $0.workingFolder == folder }.map(\.arguments)
          seen.withLock { $0.formUnion(arguments) }
          usleep(3_000)
        }
      }
    }
  }

  func stop() async -> Set<String> {
    isOver.withLock { $0 = true }
    await task.value
    return seen.withLock { $0 }
  }
}
