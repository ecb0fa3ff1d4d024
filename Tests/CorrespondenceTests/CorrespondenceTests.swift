import ChangePlanning
@testable import Correspondence
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("Correspondence") struct CorrespondenceTests {
  private static func audience(_ name: AudienceName, _ updates: AudienceSpecification.Updates, isPublic: Bool = false, template: String? = nil, ending: String? = nil) -> AudienceSpecification {
    AudienceSpecification(
      name: name, ways: [.init(by: .slack, to: .secret(SecretReference(name: "hook", source: .env("HOOK"))), key: nil, from: nil)], updates: updates, isPublic: isPublic,
      template: template, ending: ending)
  }
  private static let engineering = audience("engineering", .every(.minutes(15)))
  private static let board = audience("board", .on(.startAndEnd))
  private static let customers = audience("customers", .on(.majorChanges), isPublic: true)

  private static func changeset(_ audiences: [AudienceSpecification]) throws -> Changeset {
    var changeset = try Changeset.sample([
      SampleStep("fence-pg-east"), SampleStep("restore", needs: ["fence-pg-east"]), SampleStep("promote") { $0.branch = BranchPlace(choice: "way", branch: "fast", number: 0, until: nil, needs: []) },
      SampleStep("reload") { $0.branch = BranchPlace(choice: "way", branch: "slow", number: 1, until: nil, needs: []) },
    ])
    changeset.communication = audiences
    changeset.steps[1].specification.footprint.recovers = "orders"
    changeset.steps[2].specification.footprint.recovers = "orders"
    changeset.steps[3].specification.footprint.recovers = "orders"
    changeset.prediction.duration = .minutes(40)
    return changeset
  }

  private static func job(_ step: StepName) -> Job { Job(step: step, activity: .perform, attempt: 1) }
  private static func done(_ step: StepName) -> Event { .outcome(Outcome(job: job(step), ending: .done(StepResult(summary: "")))) }
  private static func start(_ audiences: [AudienceSpecification]) throws -> Event {
    .runStarted(RunStarted(run: .sample, toolVersion: "0", parallelism: 2, changeset: try changeset(audiences)))
  }

  /// Records by minutes; between them the clock is asked whenever it wants to be.
  private func told(_ audiences: [AudienceSpecification], _ events: [(Int64, Event)]) throws -> [Correspondence.Message] {
    var correspondence = Correspondence(try Self.changeset(audiences))
    var messages: [Correspondence.Message] = []
    for (minute, event) in [(0, try Self.start(audiences))] + events {
      let at = Timestamp.sample + .minutes(minute)
      while let next = correspondence.nextTick, next < at { messages += correspondence.tick(at: next) }
      messages += correspondence.take(Entry(at: at, event: event))
    }
    return messages
  }

  private func seen(_ messages: [Correspondence.Message]) -> [String] { messages.map { "\(($0.at - .sample).rounded) \($0.audience.name) \($0.occasion.rawValue)" } }

  private static let course: [(Int64, Event)] = [
    (1, .intent(job("fence-pg-east"))), (2, done("fence-pg-east")), (2, .intent(job("restore"))), (20, done("restore")), (21, done("promote")), (34, .finished(.done)),
  ]

  @Test("each audience hears what it asked for, and no more") func cadence() throws {
    #expect(
      try seen(told([Self.engineering, Self.board, Self.customers], Self.course)) == [
        "0s engineering start", "0s board start", "0s customers start", "15m engineering update", "21m customers change", "30m engineering update", "34m engineering end",
        "34m board end", "34m customers end",
      ])
    // Protection is no incident, and whoever has nobody to tell tells nobody.
    #expect(try told([], Self.course).isEmpty)
    var protection = try Self.changeset([Self.engineering])
    protection.scenario = nil
    #expect(Correspondence(protection).isEmpty)
  }

  @Test("data is back when all its steps are, those of a choice in one branch") func recovered() throws {
    let messages = try told([Self.audience("all", .on(.majorChanges))], Self.course)
    #expect(messages.map(\.text)[1] == "`orders` is back. 3 of 4 steps are done, 21m after the beginning.", "\(messages.map(\.text))")
  }

  @Test("the same records give the same names, whoever takes them, and no name twice") func names() throws {
    let events = Self.course + [(34, .resumed(Resumed(toolVersion: "0", parallelism: 1, tornBytes: 0))), (35, .rollbackStarted(.requested(by: "ada"))), (36, .finished(.rolledBack))]
    let audiences = [Self.engineering, Self.board, Self.customers]
    let first = try told(audiences, events), second = try told(audiences, events)
    #expect(first == second && Set(first.map(\.name)).count == first.count)
    #expect(first[0].name == "to.engineering.start-20261124T081534000" && first[3].name == "to.engineering.update-1", "\(first.map(\.name))")
    // Two things of one moment are two messages.
    let twice = try told([Self.audience("all", .on(.majorChanges))], [(1, .branchGivenUp(BranchGivenUp(choice: "way", branch: "fast", reason: .stepFailed("promote")))), (1, .rollbackStarted(.requested(by: "ada")))])
    #expect(Set(twice.map(\.name)).count == 3)
  }

  @Test("after a crash the clock goes on where it is, and repeats nothing") func crash() throws {
    let audiences = [Self.engineering]
    var correspondence = Correspondence(try Self.changeset(audiences))
    _ = correspondence.take(Entry(at: .sample, event: try Self.start(audiences)))
    let first = correspondence.tick(at: .sample + .minutes(16))
    // Another process, an hour later, with the journal alone.
    var other = Correspondence(try Self.changeset(audiences))
    _ = other.take(Entry(at: .sample, event: try Self.start(audiences)))
    _ = other.take(Entry(at: .sample + .minutes(65), event: .resumed(Resumed(toolVersion: "0", parallelism: 1, tornBytes: 0))))
    #expect(other.tick(at: .sample + .minutes(66)).isEmpty && other.nextTick == .sample + .minutes(75))
    let next = other.tick(at: .sample + .minutes(75))
    #expect(first.map(\.name) == ["to.engineering.update-1"] && next.map(\.name) == ["to.engineering.update-5"])
    // When nobody works on it the clock tells nothing.
    _ = other.take(Entry(at: .sample + .minutes(76), event: .finished(.paused(.stepFailed("restore")))))
    #expect(other.nextTick == nil && other.tick(at: .sample + .hours(3)).isEmpty)
  }

  @Test("people outside hear neither that a person is waited for nor any name", arguments: [
    RunResult.done, .failed, .paused(.stepFailed("fence-pg-east")), .rolledBack, .rollbackIncomplete, .interrupted(.interrupt),
  ]) func outside(_ result: RunResult) throws {
    let audiences = [Self.customers, Self.audience("readers", .every(.minutes(10)), isPublic: true), Self.audience("others", .on(.startAndEnd), isPublic: true)]
    let events = Self.course.dropLast() + [
      (22, .branchGivenUp(BranchGivenUp(choice: "way", branch: "fast", reason: .stepFailed("promote")))), (23, .rollbackStarted(.stepFailed("restore"))), (34, .finished(result)),
    ]
    let messages = try told(audiences, Array(events))
    #expect(!messages.isEmpty && !messages.contains { $0.occasion == .held || $0.occasion == .resumed })
    let names = ["sample", "fire", "fence", "pg-east", "promote", "orders", "fast", RunID.sample.rawValue, "ops-1", "HOOK"]
    for message in messages { for name in names { #expect(!message.text.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.contains { $0 == name }, "\(message.text)") } }
    #expect(messages.contains { $0.isResolved } == (result == .done))
  }

  @Test("an author's words are told while they are true: the ending at a good end only") func templates() throws {
    let written = Self.audience("all", .on(.majorChanges), template: "{news} At {time}, {elapsed} of {run}; {unknown} {", ending: "All is well after {elapsed}.")
    let good = try told([written], Self.course).map(\.text)
    #expect(good.first == "Recovery from `fire` of `sample` has begun. At 08:15 UTC, 0s of \(RunID.sample); {unknown} {" && good.last == "All is well after 34m.", "\(good)")
    let bad = try told([written], [(5, .finished(.failed))]).map(\.text)
    #expect(bad.last == "Recovery from `fire` of `sample` has ended and is not complete: people go on by hand. It took 5m; 0 of 4 steps are done.", "\(bad)")
  }

  @Test("words in braces", arguments: [
    ("a {news} b {elapsed}{time}", ["news", "elapsed", "time"]), ("{}", []), ("{ news }", []), ("{news", []), ("{{news}}", ["news"]), ("{new5}", []), ("{of-ours}", ["of-ours"]), ("", []),
  ] as [(String, [String])]) func words(_ text: String, _ expected: [String]) {
    #expect(MessageTemplate.words(in: text) == expected)
    #expect(MessageTemplate.filled(text) { "{\($0.rawValue)}" } == text)
  }

  @Test("a preview shows all messages of the predicted course, and of the others, and sends none") func preview() throws {
    var changeset = try Self.changeset([Self.engineering, Self.customers])
    for index in changeset.steps.indices { (changeset.steps[index].starts, changeset.steps[index].ends) = (.minutes(Int64(index) * 10), .minutes(Int64(index) * 10 + 10)) }
    let preview = Correspondence.preview(changeset, from: .sample, run: .sample)
    #expect(seen(preview.asPredicted) == ["0s engineering start", "0s customers start", "15m engineering update", "30m customers change", "30m engineering update", "40m engineering end", "40m customers end"], "\(seen(preview.asPredicted))")
    #expect(preview.otherwise.map(\.what) == ["if a step fails and a person must decide", "if a way is given up", "if it is rolled back"])
    #expect(preview.otherwise[0].messages.map(\.audience.name) == ["engineering"])
  }
}
