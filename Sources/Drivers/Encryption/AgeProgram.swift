public import ChildProcess
internal import RecoveryPoints
internal import Units

/// The `age` program, one process for each object: bytes in, bytes out, and the peers of both set the pace.
public struct AgeProgram: Sendable {
  let children: ChildRunner
  /// Where it, and plugins of its own, are looked for: as in `PATH`.
  let path: String

  public init(children: ChildRunner, path: String? = nil) {
    self.children = children
    self.path = path ?? ChildCommand.toolDefaults(from: [:])["PATH"] ?? ""
  }

  /// `arguments` hold nothing secret: they are seen by every user of the machine.
  func run(
    _ arguments: [String], secrets: [String] = [], deadline: TimeSpan, from next: @escaping @Sendable () async throws -> [UInt8]?,
    into write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    var command = ChildCommand("age", arguments, environment: ChildCommand.toolDefaults(from: ["PATH": path]), deadline: deadline)
    command.secrets = secrets
    let output: ChildOutput
    do { output = try await children.stream(command, input: .chunks(next), onOutput: write) } catch let error as ChildError {
      throw Self.translate(error)
    }
    guard output.succeeded else { throw Self.failure(output) }
  }

  private static func translate(_ error: ChildError) -> SealingError {
    switch error {
    case .notFound: SealingError(.toolMissing, "\(error)")
    case .timedOut: SealingError(.timedOut, "\(error)")
    case .cancelled: SealingError(.cancelled, "\(error)")
    case .cannotStart, .brokenPipes: SealingError(.other, "\(error)")
    }
  }

  /// What it says is told by its first line: the second only names its author.
  private static func failure(_ output: ChildOutput) -> SealingError {
    let prefix = "age: error: "
    let line = output.errorOutput.split(separator: "\n").first { $0.hasPrefix(prefix) }
    let words = line.map { String($0.dropFirst(prefix.count)) } ?? "age ended with \(output.status)"
    if words.contains("no identity matched") { return SealingError(.wrongKey, words) }
    let damage = ["failed to decrypt and authenticate", "failed to read header", "bad header MAC", "unexpected EOF", "trailing data"]
    if damage.contains(where: words.contains) { return SealingError(.damaged, "age cannot read it: \(words)") }
    return SealingError(.other, words)
  }
}
