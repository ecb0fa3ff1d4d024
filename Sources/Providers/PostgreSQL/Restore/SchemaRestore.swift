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
  let temporaryFolder: String

  /// Entries of the archive that cannot be made, or mean something else, where the rows of other tables are missing.
  static let needsOtherRows = ["FK CONSTRAINT", "MATERIALIZED VIEW DATA"]

  /// With `jobs`, several sessions at once, in the order of their dependencies. Entries of the kinds in `without` are left out.
  func run(section: String, jobs: Int?, without kinds: [String] = []) async throws {
    let parallel = jobs.map { ["--jobs=\(max(1, $0))"] } ?? []
    let list = kinds.isEmpty ? nil : try await list(without: kinds)
    let command = programs.command(
      "pg_restore", ["--exit-on-error", "--section=\(section)"] + parallel + (list.map { ["--use-list=\($0.path)"] } ?? []) + [archive.path],
      on: address, application: application, deadline: deadline)
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

  /// The archive's table of contents, less some kinds of entries: `2606 16412 FK CONSTRAINT public …` behind a number.
  private func list(without kinds: [String]) async throws -> ArchiveFile {
    var command = programs.command("pg_restore", ["--list", archive.path], on: address, application: application, deadline: deadline)
    command.outputLimit = 256 << 20
    let output = try await programs.children.run(command)
    guard output.succeeded, !output.outputTruncated else {
      throw StepFailure(
        "pg-restore-failed", "pg_restore could not list the archive (\(output.status))", details: Programs.words(in: output.errorOutput, program: "pg_restore"))
    }
    let lines = String(decoding: output.output, as: UTF8.self).split(separator: "\n").filter { line in
      let words = line.split(separator: " ", maxSplits: 3)
      return line.hasPrefix(";") || words.count < 4 || !kinds.contains { words[3].hasPrefix($0 + " ") }
    }
    return try ArchiveFile.holding(Array((lines.joined(separator: "\n") + "\n").utf8), in: temporaryFolder)
  }
}
