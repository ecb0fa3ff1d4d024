@testable import PostgreSQLProvider
import ProviderInterface
import Testing
import Units

/// What `doctor` makes of what it saw of a server: columns of expectations.
struct DoctorVerdictTests {
  private static let tools = PostgreSQLTools(found: [
    .init(version: "17.1", major: 17, folder: "/new"), .init(version: "15.18", major: 15, folder: "/old"), .init(version: "15.18", major: 15, folder: "/twin"),
  ])

  /// A server with which all is well, changed by `change`; its verdicts by the checks' names.
  private func verdicts(
    backedUp: [String?] = [nil], restoredTo: Bool = true, changesRole: Bool = false, tools: PostgreSQLTools = tools, _ change: (inout ServerSeen) -> Void = { _ in }
  ) -> [String: CheckOutcome] {
    let now = Timestamp(milliseconds: 0)
    var seen = ServerSeen(address: "db:5432/shop", user: "keeper", version: "15.4", major: 15, clock: ClockComparison(asked: now, theirs: now, answered: now))
    (seen.isSuperuser, seen.createsDatabases, seen.readsPasswords) = (true, true, true)
    seen.databases = backedUp.map { DatabaseSeen(name: $0) }
    change(&seen)
    let duties = ServerDuties(backedUp: backedUp, isRestoredTo: restoredTo, changesRole: changesRole)
    let outcomes = seen.outcomes(duties, tools: tools)
    #expect(outcomes.map(\.name) == ["connection"] + ServerSeen.names(duties))
    return Dictionary(uniqueKeysWithValues: outcomes.map { ($0.name, $0) })
  }

  @Test("only what the plan wants of a server is looked at")
  func duties() {
    #expect(verdicts().values.allSatisfy { $0.verdict == .ok && $0.helps.isEmpty })
    #expect(verdicts(backedUp: [])["rights"] == nil && verdicts(restoredTo: false)["new databases"] == nil)
    #expect(verdicts(backedUp: [], restoredTo: false, tools: PostgreSQLTools(found: [])).values.allSatisfy { $0.verdict == .ok })
  }

  @Test("the server's version needs a pg_dump of that version or a newer one, the oldest of those", arguments: [
    (12, CheckOutcome.Verdict.failed, "from 13 on"), (13, .ok, "pg_dump 15.18 from /old"), (15, .ok, "pg_dump 15.18 from /old"), (16, .ok, "pg_dump 17.1 from /new"),
    (17, .ok, "pg_dump 17.1 from /new"), (18, .failed, "the newest pg_dump here is 17.1"),
  ] as [(Int, CheckOutcome.Verdict, String)])
  func versions(major: Int, verdict: CheckOutcome.Verdict, words: String) {
    let outcome = verdicts { ($0.major, $0.version) = (major, "\(major).0") }["version"]
    #expect(outcome?.verdict == verdict && outcome?.message.contains(words) == true, "\(String(describing: outcome))")
    if major == 18 { #expect(outcome?.helps == ["install the client: apt-get install postgresql-client-18"]) }
  }

  @Test("no programs at all is a failure of the host and of each server that needs them")
  func noTools() {
    let none = PostgreSQLTools(found: [])
    #expect(verdicts(tools: none)["version"]?.message.contains("there is no pg_dump here") == true)
    #expect(none.outcomes().first?.verdict == .failed && none.outcomes().first?.helps.isEmpty == false)
    #expect(Self.tools.outcomes().first?.message == "17.1 in /new, 15.18 in /old")
  }

  @Test("who may make databases", arguments: [
    (true, false, false, CheckOutcome.Verdict.ok), (false, true, false, .ok), (false, false, false, .failed), (true, true, true, .failed),
  ])
  func newDatabases(superuser: Bool, creates: Bool, standby: Bool, verdict: CheckOutcome.Verdict) {
    let outcome = verdicts { ($0.isSuperuser, $0.createsDatabases, $0.isStandby) = (superuser, creates, standby) }["new databases"]
    #expect(outcome?.verdict == verdict && outcome?.helps.isEmpty == (verdict == .ok))
  }

  @Test("who may change a server's role", arguments: [(true, CheckOutcome.Verdict.ok), (false, .failed)])
  func roles(superuser: Bool, verdict: CheckOutcome.Verdict) {
    let outcome = verdicts(changesRole: true) { $0.isSuperuser = superuser }["change of role"]
    #expect(outcome?.verdict == verdict && outcome?.helps.isEmpty == (verdict == .ok))
    #expect(verdicts()["change of role"] == nil)
  }

  @Test("what comes before a backup fails as the backup would; in a database that is not there yet nothing can be told")
  func problems() {
    let failure = StepFailure("rights-missing", "keeper may not read everything", helps: ["GRANT …"])
    let outcome = verdicts { $0.databases[0].problems[.rights] = failure }["rights"]
    #expect(outcome == CheckOutcome("rights", .failed, failure.message, helps: failure.helps))
    let absent = verdicts { $0.databases[0].state = .absent }
    for name in ["rights", "row security", "lock slots"] { #expect(absent[name]?.verdict == .notChecked) }
    let several = verdicts(backedUp: ["shop", "stock"]) { $0.databases[1].state = .closed(StepFailure("sql-refused", "there is no stock")) }
    #expect(several["rights in shop"]?.verdict == .ok && several["lock slots in stock"]?.verdict == .notChecked)
    #expect(several["rights in stock"]?.verdict == .failed && several["rights in stock"]?.helps.isEmpty == false)
    #expect(verdicts { $0.pooler = failure }["pooler"]?.verdict == .failed)
    #expect(verdicts { $0.readsPasswords = false }["role passwords"]?.verdict == .warning)
    #expect(verdicts { $0.clock.theirs = Timestamp(milliseconds: 60_000) }["clock"]?.verdict == .warning)
  }
}
