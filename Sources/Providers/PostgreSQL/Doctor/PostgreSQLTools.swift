public import ChildProcess
internal import Compression
public import ProviderInterface

/// The versions of PostgreSQL's own programs that are on this host.
public struct PostgreSQLTools: Hashable, Sendable {
  struct Tool: Hashable, Sendable {
    var version: String
    var major: Int
    var folder: String
  }
  /// In the order of the folders that were looked into.
  var found: [Tool]

  public static func look(in places: ProgramFolders, children: ChildRunner) async -> PostgreSQLTools {
    PostgreSQLTools(found: await Programs.all(in: places, children: children).map { Tool(version: $0.version, major: $0.major, folder: $0.folder) })
  }

  /// As `Programs.find` chooses: the lowest version that is new enough.
  func best(for major: Int) -> Tool? { found.filter { $0.major >= major }.min { $0.major < $1.major } }
  var newest: Tool? { found.max { $0.major < $1.major } }

  static func install(_ major: Int) -> String { "install the client: apt-get install postgresql-client-\(major)" }

  /// What backups and restores need of this host.
  public func outcomes() -> [CheckOutcome] {
    var seen: Set<String> = []
    let versions = found.filter { seen.insert($0.version).inserted }.map { "\($0.version) in \($0.folder)" }
    let programs = "pg_dump, pg_restore"
    return [
      versions.isEmpty
        ? CheckOutcome(
          programs, .failed, "no folder of the distribution's packages or of PATH holds pg_dump, pg_dumpall and pg_restore",
          helps: ["install the client of the servers' version or a newer one: apt-get install postgresql-client"])
        : CheckOutcome(programs, .ok, versions.joined(separator: ", ")),
      Self.compression(),
    ]
  }

  private static func compression() -> CheckOutcome {
    do throws(CompressionError) {
      _ = try ZstdCompressor()
      return CheckOutcome("libzstd", .ok, "can be loaded")
    } catch {
      return CheckOutcome("libzstd", .failed, "\(error)")
    }
  }
}
