import CanonicalJSON
import ChangePlanning
@testable import Commands
import Diagnostics
import Journaling
import PlanLinting
import PlanModel
import ProviderInterface
@testable import Reporting
import TestSupport
import Testing
import Units
import YAMLReading

@Suite("Incident reports") struct IncidentTests {
  private static let messages = [
    ToldMessage(name: "tell", text: "It is down.", posted: .sample + .seconds(3), sentBy: "slack", sentAt: .sample + .seconds(4), outcome: "sent by slack after 1s"),
    ToldMessage(name: "told", text: "It is | up.", posted: .sample + .minutes(20), sentBy: nil, sentAt: nil, outcome: "not sent: slack: it says 500"),
  ]

  private func report(
    _ events: [(TimeSpan, Event)]? = nil, messages: [ToldMessage] = messages, done: [DutyRecord] = [], disaster: Timestamp? = nil
  ) throws -> IncidentReport {
    try IncidentReport(Sample.records(try events ?? Sample.events()), messages: messages, done: done, disaster: disaster)
  }

  @Test("time and loss stand beside what was computed: bounds where nobody said when the disaster was") func objectives() throws {
    let report = try report()
    let found = report.objectives.map { "\($0.dataClass?.rawValue ?? "service") \($0.measured?.description ?? "-") \($0.isAtMost) \($0.verdict?.rawValue ?? "-") \($0.isAsComputed.map { "\($0)" } ?? "-")" }
    // The point was begun 40m before the run; the run took 20m, and 5m before it are assumed.
    #expect(found == ["orders 40m true met true", "carts 12s true met true", "search - false - -", "service 25m true met true"], "\(found)")
    let later = try self.report(disaster: .sample - .minutes(11)).objectives
    #expect(later[0].measured == .minutes(29) && later[3].measured == .minutes(31) && later[3].verdict == .missed && later[3].isAtMost == false)
    #expect(later[3].how == "11m from the disaster to the run + 20m of the run")
  }

  @Test("what is lost is told as the step measured it, and unknown where it does not know", arguments: [
    ("12s", "16MB", "12s true met true"), ("0s", "0B", "0s false met true"), ("unknown", "unknown", "- false not-known -"), ("45s", "1MB", "45s true not-known false"),
  ]) func losses(_ span: String, _ bytes: String, _ expected: String) throws {
    let carts = try report(Sample.events(promoted: Sample.promoted(span, bytes))).objectives[1]
    let found = "\(carts.measured?.description ?? "-") \(carts.isAtMost) \(carts.verdict?.rawValue ?? "-") \(carts.isAsComputed.map { "\($0)" } ?? "-")"
    #expect(found == expected)
  }

  @Test("a run that is not done has recovered nothing, and has missed its time once that is over") func notDone() throws {
    let events = try Array(Sample.events().prefix(7))
    let paused = try report(events)
    #expect(paused.result == "paused" && paused.objectives[3].measured == nil && paused.objectives[3].verdict == .notKnown)
    #expect(paused.objectives[0].how == "no step of the run that is done brought it back")
    #expect(try report(events, disaster: .sample - .hours(1)).objectives[3].verdict == .missed)
    // Nothing is due while the incident goes on.
    #expect(paused.duties.allSatisfy { $0.due == nil })
  }

  @Test("steps count the attempt that was done, not what the run waited before it") func steps() throws {
    let report = try report()
    #expect(report.steps.map { $0.took } == [.minutes(12), .seconds(40), .minutes(1), nil])
    #expect(report.steps.map(\.state) == [.done, .done, .done, .skipped] && report.steps[0].attempts == 2)
  }

  @Test("the timeline has every record that says something, with who and when, and the messages among them") func timeline() throws {
    let report = try report()
    #expect(report.timeline.map(\.at) == report.timeline.map(\.at).sorted())
    #expect(report.timeline.contains { $0.text == "message `tell`: sent by slack after 1s" && $0.kind == .message && $0.sinceStart == .seconds(3) })
    #expect(report.timeline.contains { $0.text == "the run waits for a person: `restore` failed" && $0.who == "bob" })
    #expect(report.timeline.last { $0.kind == .run }?.text == "the run is done")
    #expect(report.decisions.map(\.text) == ["resumed", "tell is skipped by ada: told by hand"] && report.decisions.allSatisfy { $0.who == "ada" && $0.host == "ops-1" })
  }

  @Test("a rollback says what it took back and what it could not") func rollback() throws {
    let undo = Sample.job("promote", .undo)
    let events = try Array(Sample.events().prefix(7)) + [
      (.minutes(3), .resumed(Resumed(toolVersion: "0.0.1", parallelism: 2, tornBytes: 0))), (.minutes(3), .rollbackStarted(.requested(by: "ada"))),
      (.minutes(3), .intent(undo)), (.minutes(4), .outcome(Outcome(job: undo, ending: .failed(StepFailure("refused", "it says no"))))), (.minutes(4), .finished(.rollbackIncomplete)),
    ]
    let report = try report(events)
    #expect(report.result == "rollback-incomplete" && report.undo.map(\.text) == ["promote is being undone"])
    #expect(report.byHand.first == "promote: its undo (sets it back) failed: it says no", "\(report.byHand)")
    #expect(report.decisions.map(\.text) == ["resumed", "rolling back: ada asked for it"])
    #expect(report.lessons.tickets.contains { $0.slug == "by-hand" })
    // What was done before is measured all the same, and counts for nothing.
    #expect(try self.report(Array(Sample.events().prefix(7))).evidence?.contains("      outcome: failed\n      scenario: fire\n    steps:\n      promote: 40s\n") == false)
    #expect(try self.report(Array(Sample.events().prefix(7))).evidence?.contains("    outcome: failed\n    scenario: fire\n    steps:\n      promote: 40s\n") == true)
  }

  @Test("what is owed counts from the end, until a person says that it is done") func duties() throws {
    let end = Timestamp.sample + .minutes(20)
    let report = try report(), due = try #require(report.duties.first)
    #expect(due.due == end + .hours(24) && report.duties[1].due == nil)
    #expect(!due.isOverdue(at: end + .hours(24)) && due.isOverdue(at: end + .hours(24) + .seconds(1)))
    #expect(due.words(at: end + .hours(25)).hasPrefix("overdue since 2026-11-25T08:35:34Z, for 1h"))
    let done = try self.report(done: [DutyRecord(kind: .report, at: end, who: "ada", note: "in the wiki")]).duties[0]
    #expect(!done.isOverdue(at: end + .days(9)) && done.words(at: nil) == "done 2026-11-24T08:35:34Z by ada: in the wiki")
  }

  @Test("lessons: what went wrong becomes tickets, one file each") func tickets() throws {
    let report = try report()
    #expect(report.lessons.tickets.map(\.slug) == ["failed-restore", "skipped-tell", "slow-restore", "waiting", "messages"])
    #expect(report.ticketFiles.map(\.name) == ["01-failed-restore.md", "02-skipped-tell.md", "03-slow-restore.md", "04-waiting.md", "05-messages.md"])
    #expect(report.ticketFiles[0].text.contains("- the server is gone [no-such-server]\n- nobody answers\n- help: look at it\n"))
    #expect(try self.report(disaster: .sample - .minutes(11)).lessons.tickets.first?.title == "The RTO of the service missed its target of 30m")
  }

  @Test("what was measured is evidence that the reader takes, and an overlay that changes the figures") func lessons() throws {
    let report = try report()
    #expect(report.evidence?.contains("    recovery: 20m\n    steps:\n      restore: 12m\n      promote: 40s\n      check: 1m\n") == true, "\(report.evidence ?? "")")
    #expect(report.overlay?.contains("      fire:\n        steps:\n          restore: { estimate: 12m }") == false)
    #expect(report.overlay?.contains("    fire:\n      steps:\n        restore: { estimate: 12m }  # was 10m, estimate\n        promote: { estimate: 40s }") == true, "\(report.overlay ?? "")")
    #expect(report.overlay?.contains("        way:\n          firstOf:\n            first:\n              steps:\n                check: { estimate: 1m }  # no estimate; its time-outs counted, 1h\n") == true)
    let (evidence, findings) = readYAML(SourceFile(path: "e", bytes: Array((report.evidence ?? "").utf8)))
    #expect(findings.isEmpty && evidence.root != nil)
    // Nothing was measured: no files.
    let bare = try self.report(Array(Sample.events().prefix(3)))
    #expect(bare.evidence == nil && bare.overlay == nil && bare.result == "unfinished")
  }

  @Test("each format is what the snapshot says, and the same twice", arguments: OutputFormat.allCases) func formats(_ format: OutputFormat) throws {
    let report = try report()
    let text = try incidentReport(report, now: .sample + .days(2), as: format, TextStyle())
    #expect(try text == incidentReport(self.report(), now: .sample + .days(2), as: format, TextStyle()))
    try expectSnapshot(text, "Tests/ReportingTests/Snapshots/incident.\(format.rawValue).txt")
    if format == .markdown { try expectSnapshot(report.postmortem(now: nil), "Tests/ReportingTests/Snapshots/postmortem.md") }
  }

  @Test("incident-report.v1 describes every report, and nothing else") func schema() throws {
    let schema = try JSONSchema(IncidentReportSchema.document)
    var touched: Set<String> = []
    let done = [DutyRecord(kind: .report, at: .sample, who: "ada", note: "")]
    for report in [try report(done: done, disaster: .sample - .minutes(11)), try report(Array(Sample.events().prefix(7)), messages: [])] {
      var report = report
      report.plan.environment = "staging"
      let verdict = schema.verdict(on: try CanonicalJSON.value(report))
      #expect(verdict.problems == [])
      touched.formUnion(verdict.touched)
    }
    #expect(schema.places.subtracting(touched) == [])
  }
}
