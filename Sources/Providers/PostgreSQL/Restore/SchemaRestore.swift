internal import ChildProcess
internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// Runs pg_restore over one section of the schema archive; anything unclean is a failure.
struct SchemaRestore: Sendable {
  let programs: Programs
  let address: ServerAddress
  let application: String
  let archive: ArchiveFile
  let deadline: TimeSpan

  /// With `jobs`, several sessions at once, in the order of their dependencies.
  func run(section: String, jobs: Int?) async throws {
    let parallel = jobs.map { ["--jobs=\(max(1, $0))"] } ?? []
    let command = programs.command(
      "pg_restore", ["--exit-on-error", "--section=\(section)"] + parallel + [archive.path], on: address, application: application,
      deadline: deadline)
    let output = try await programs.children.run(command)
    let words = Programs.words(in: output.errorOutput, program: "pg_restore")
    guard output.succeeded, words.isEmpty else {
      throw StepFailure(
        "pg-restore-failed", "pg_restore could not make the \(section) objects of `\(address.database)` (\(output.status))", details: words,
        helps: [
          "the target's server log shows the statement",
          "rights of \(address.user ?? "this role"), missing extensions and tablespaces are the usual causes",
        ])
    }
  }
}
