internal import ChildProcess
internal import PlanModel
internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// The data directory of a server on this host, and PostgreSQL's own programs that work on it, run as the server's user.
struct ServerFolder: Sendable {
  let host: PostgreSQLHost
  let path: String
  let through: [String]
  /// Where `pg_rewind` and the like are, of the servers' version.
  let programs: String
  /// The primary, whose password some programs get in their environment.
  let source: ServerAddress
  let deadline: TimeSpan

  /// While it is rewound, and what is copied from the primary: nobody starts a server from there.
  var work: String { path + ".sie-dr-rebuild" }
  /// What a copy has taken the place of.
  var old: String { path + ".sie-dr-old" }
  /// The server's own configuration, while the primary's lies in the folder.
  var configuration: String { path + ".sie-dr-config" }

  private static let configurationFiles = ["postgresql.conf", "pg_hba.conf", "pg_ident.conf"]

  /// The folder of the programs of one major version.
  static func programs(major: Int, on host: PostgreSQLHost) async throws(StepFailure) -> String {
    let names = ["pg_rewind", "pg_basebackup", "pg_controldata", "pg_ctl"]
    for folder in host.programs.folders {
      let command = ChildCommand("\(folder)/pg_ctl", ["--version"], environment: host.programEnvironment, deadline: .seconds(10))
      guard names.allSatisfy({ (try? ChildCommand("\(folder)/\($0)", deadline: .seconds(1)).locate()) != nil }),
        let output = try? await host.children.run(command), Programs.version(in: output.text)?.major == major
      else { continue }
      return folder
    }
    throw StepFailure(
      "tools-missing", "no folder on this host holds \(names.joined(separator: ", ")) of PostgreSQL \(major)",
      details: ["looked in the folders of the distribution's packages and in PATH"],
      helps: ["run sie-dr where the server is installed (Debian: apt-get install postgresql-\(major))"])
  }

  // MARK: Programs

  private func output(_ words: [String], connects: Bool = false) async throws(StepFailure) -> ChildOutput {
    let all = through + words
    var environment = host.programEnvironment
    if connects { environment = environment.merging(host.programs.inherited) { _, own in own }.merging(source.toolEnvironment) { _, given in given } }
    var command = ChildCommand(all.first ?? "", Array(all.dropFirst()), environment: environment, deadline: deadline)
    command.secrets = source.secretValues
    do throws(ChildError) { return try await host.children.run(command) } catch {
      throw Failures.translate(error, doing: "running \(words.first ?? "")").adding(details: [], helps: ["look at `folder` and `through` of the step"])
    }
  }

  private func run(_ words: [String], connects: Bool = false, code: String, _ what: String, helps: [String]) async throws(StepFailure) {
    let output = try await output(words, connects: connects)
    guard !output.succeeded else { return }
    let said = output.errorOutput.split(whereSeparator: \.isNewline).suffix(8).map { "it said: \($0)" }
    throw StepFailure(code, "\(what): `\(words.prefix(1).joined())` ended with \(output.status)", details: said, helps: helps)
  }

  private func onFiles(_ words: [String]) async throws(StepFailure) {
    try await run(
      words, code: "folder-failed", "\(path) or what is beside it cannot be changed",
      helps: ["the folder must be no mount point, and the user of `through` must own it and the folder around it; then resume"])
  }

  func exists(_ path: String) async throws(StepFailure) -> Bool { try await output(["test", "-e", path]).succeeded }

  // MARK: Looking

  /// What `pg_controldata` says; nil where there is no cluster.
  func systemIdentifier() async throws(StepFailure) -> String? {
    let output = try await output(["\(programs)/pg_controldata", "-D", path])
    guard output.succeeded else { return nil }
    let line = output.text.split(separator: "\n").first { $0.hasPrefix("Database system identifier:") }
    return line.flatMap { $0.split(separator: " ").last.map(String.init) }
  }

  /// Whether a server runs on it.
  func isRunning() async throws(StepFailure) -> Bool { try await output(["\(programs)/pg_ctl", "status", "-D", path]).status == .exited(0) }

  // MARK: Changing

  /// Whoever starts it from now on, and however, starts a standby.
  func keepFromBeingPrimary(_ folder: String? = nil) async throws(StepFailure) { try await onFiles(["touch", "\(folder ?? path)/standby.signal"]) }

  /// Puts everything back in its place that an attempt that was cut off has moved.
  func putLeftoversBack() async throws(StepFailure) {
    guard try await !exists(path) else { return }
    if try await exists(old) {
      try await onFiles(["mv", "-T", old, path])
    } else if try await exists(work) {
      try await keepFromBeingPrimary(work)
      try await onFiles(["mv", "-T", work, path])
    }
  }

  /// Fetches from the primary what differs. Meanwhile the folder has another name, so that nothing starts it half-way.
  func rewind() async throws(StepFailure) {
    if try await !exists(configuration) { try await keepConfiguration() }
    try await onFiles(["mv", "-T", path, work])
    // A cluster that was not stopped in order is recovered first, which is refused to a standby.
    try await onFiles(["rm", "-f", "\(work)/standby.signal"])
    do throws(StepFailure) {
      try await run(
        ["\(programs)/pg_rewind", "--target-pgdata=\(work)", "--source-server=\(source.toolConnectionString)", "--write-recovery-conf"], connects: true,
        code: "rewind-failed", "\(path) was not rewound to \(source.server)",
        helps: ["copy everything instead: `method: copy`. The folder is in its place, and starts only as a standby"])
    } catch {
      try await keepFromBeingPrimary(work)
      try await onFiles(["mv", "-T", work, path])
      throw error
    }
    try await finish(work)
    try await onFiles(["mv", "-T", work, path])
    try await onFiles(["rm", "-rf", configuration])
  }

  /// Copies all of the primary beside the folder, then puts it in its place.
  func copy() async throws(StepFailure) {
    try await onFiles(["rm", "-rf", work])
    do throws(StepFailure) {
      try await run(
        [
          "\(programs)/pg_basebackup", "--pgdata=\(work)", "--dbname=\(source.toolConnectionString)", "--write-recovery-conf", "--wal-method=stream",
          "--checkpoint=fast", "--no-password",
        ], connects: true, code: "copy-failed", "\(source.server) was not copied",
        helps: ["it must let its superuser in for replication (pg_hba.conf), and there must be room beside \(path); then resume"])
    } catch {
      try await onFiles(["rm", "-rf", work])
      throw error
    }
    if try await exists(path) {
      try await onFiles(["rm", "-rf", configuration])
      try await keepConfiguration()
    }
    try await finish(work)
    try await onFiles(["rm", "-rf", old])
    if try await exists(path) { try await onFiles(["mv", "-T", path, old]) }
    try await onFiles(["mv", "-T", work, path])
    try await onFiles(["rm", "-rf", configuration])
  }

  func forgetOld() async throws(StepFailure) { try await onFiles(["rm", "-rf", old]) }

  /// All of it or none: half of it, from an attempt that was cut off, would let the server start with the primary's.
  private func keepConfiguration() async throws(StepFailure) {
    let half = configuration + ".half"
    try await onFiles(["rm", "-rf", half])
    try await onFiles(["mkdir", half])
    try await copyConfiguration(from: path, to: half)
    try await onFiles(["mv", "-T", half, configuration])
  }

  /// The server's own configuration instead of the primary's; and without the mark of a standby it does not get its place.
  private func finish(_ folder: String) async throws(StepFailure) {
    if try await exists(configuration) { try await copyConfiguration(from: configuration, to: folder) }
    try await keepFromBeingPrimary(folder)
  }

  /// Where it lies in the folder; Debian keeps it elsewhere.
  private func copyConfiguration(from: String, to: String) async throws(StepFailure) {
    for file in Self.configurationFiles where try await exists("\(from)/\(file)") { try await onFiles(["cp", "-p", "\(from)/\(file)", "\(to)/\(file)"]) }
  }
}
