import CanonicalJSON
import Glibc
import TestSupport
import Testing

/// The program itself, from a plan to the restored server, which is a stand-in: see `meilisearch.py`.
@Suite("sie-dr with Meilisearch", .timeLimit(.minutes(5))) struct ProgramTests {
  private static func plan(_ old: MeilisearchServer, _ new: MeilisearchServer) -> String {
    """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: search, owner: ops }
    secrets: { master: { env: MASTER }, pg-url: { env: PG_URL } }
    servers:
      old: { meilisearch: { url: "\(old.url)", key: { secret: master }, version: "1.11", dumps: "\(old.dumps)" } }
      new: { meilisearch: { url: "\(new.url)", key: { secret: master }, version: "1.11" } }
      pg: { postgresql: { url: { secret: pg-url } } }
    stores: { near: { directory: { path: near } }, far: { directory: { path: far } } }
    data:
      index:
        on: [old]
        protect: { daily: { dump: {}, every: 24h, to: [near], copy: [far], keep: { for: 7d }, timeout: 1m } }
    scenarios:
      lost:
        loses: { servers: [old] }
        detect: { noticedWithin: 5m }
        onFailure: rollback
        steps:
          restore:
            meilisearch.restore: { data: index, server: new, folder: \(new.database), stop: [sh, \(new.folder)/stop.sh], start: [sh, \(new.folder)/start.sh] }
            timeout: 1m
          rebuild: { meilisearch.rebuild: { data: index, server: new, from: pg, index: more, sql: "select n as id from generate_series(1, 7) n" }, needs: [restore], timeout: 1m }
      tried:
        loses: { servers: [old] }
        detect: { noticedWithin: 5m }
        onFailure: rollback
        steps:
          restore:
            meilisearch.restore: { data: index, server: new, folder: \(new.database), stop: [sh, \(new.folder)/stop.sh], start: [sh, \(new.folder)/start.sh] }
            timeout: 1m
          rebuild: { meilisearch.rebuild: { data: index, server: new, from: pg, index: books, sql: select 1 as id }, needs: [restore], timeout: 1m }
          fails: { command.run: { run: ["false"] }, irreversible: does nothing, needs: [rebuild], timeout: 1m }

    """
  }

  @Test("protects when it is due, shows, rolls back, restores, rebuilds, and prints commands that do it by hand") func all() async throws {
    let folder = try temporaryFolder("searchplan")
    defer { removeFolder(folder) }
    let (old, new) = (try MeilisearchServer.start(), try MeilisearchServer.start())
    try old.add("books", 1...50)
    try new.add("empty-server", 1...1)
    let (expected, before) = (try old.contents(), try new.contents())
    try runProgram(["mkdir", "\(folder)/near", "\(folder)/far"])
    try writeFile("\(folder)/plan.yaml", Self.plan(old, new))
    let environment = ["MASTER": MeilisearchServer.key, "PG_URL": try Servers.database.get().tcpURL()]
    func run(_ arguments: [String], status: Int32 = 0) async throws -> String {
      let end = try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: environment, in: folder).end()
      #expect(end.status == status, "\(arguments): \(end.output)\(end.errors)")
      #expect(!(end.output + end.errors).contains(MeilisearchServer.key))
      return end.output + end.errors
    }
    let protected = try await run(["apply", "--yes", "plan.yaml"])
    #expect(protected.contains("backup-index-daily is done: point ") && protected.contains("50 documents") && protected.contains("copy-index-daily-far is done") && !protected.contains("provider-missing"), "\(protected)")
    #expect(try await run(["apply", "--yes", "plan.yaml"]).contains("the next is due at"))
    try old.end()
    let shown = try await run(["plan", "plan.yaml", "--scenario", "lost"])
    #expect(shown.contains("+ restore") && shown.contains("brings `index` back on `new`") && shown.contains("rebuild  meilisearch.rebuild"), "\(shown)")
    let rolledBack = try await run(["apply", "--yes", "plan.yaml", "--scenario", "tried"], status: 4)
    #expect(rolledBack.contains("rebuild is undone") && rolledBack.contains("restore is undone"), "\(rolledBack)")
    #expect(try new.contents() == before)
    let restored = try await run(["apply", "--yes", "plan.yaml", "--scenario", "lost"])
    #expect(restored.contains("started new from point ") && restored.contains("7 documents, each id compared"), "\(restored)")
    #expect(try new.contents().filter { !$0.hasPrefix("more") } == expected)
    // By hand, into a third: the script ends with the server itself.
    let third = try MeilisearchServer.start(isRunning: false)
    let script = try await run(["points", "show", "plan.yaml", "latest", "--commands"])
    #expect(script.contains("--import-dump"))
    try writeFile("\(folder)/meilisearch", "#!/bin/sh\nexport MEILI_DB_PATH=\"$2\" MEILI_IMPORT_DUMP=\"$4\"\nexec sh '\(third.folder)/start.sh'\n")
    try runProgram(["chmod", "+x", "\(folder)/meilisearch"])
    try writeFile("\(folder)/restore.sh", script)
    try runProgram(["bash", "-c", "cd \(folder) && PATH=\(folder):$PATH MEILI_DB_PATH=\(third.database) bash restore.sh"])
    try await until("it answers") { try third.isUp() }
    #expect(try third.contents() == expected)
    // Nothing that was kept says the key: neither journal nor points, but what is in the dump.
    #expect(try runProgram(["grep", "-rla", MeilisearchServer.key, "\(folder)"], mayFail: true).output == "")
  }
}
