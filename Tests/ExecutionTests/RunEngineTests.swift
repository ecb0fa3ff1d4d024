import CanonicalJSON
import ChangePlanning
import Concurrency
import ExecutionCore
@testable import ExecutionShell
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// A state directory of its own, a world in memory, and an engine over both.
private final class House: Sendable {
  let world = SampleWorld()
  let folder: String
  let directory: StateDirectory
  let news = Lock([RunNews]())
  let (signals, signal) = AsyncStream.makeStream(of: Interruption.self)
  /// Called with each durable event, before anything that follows from it.
  let react = Lock<@Sendable (Event) -> Void>({ _ in })

  init() throws {
    folder = try temporaryFolder("run")
    directory = StateDirectory("\(folder)/state")
  }
  deinit { removeFolder(folder) }

  var engine: RunEngine {
    RunEngine(
      RunEnvironment(
        performers: StepPerformers([SampleSet.Performer(world: world)]), observers: StepObservers([SampleSet.Observer(world: world)]),
        secrets: NoSecrets(), stores: NoStores(), who: "ada", host: "ops-1", pid: 4711, toolVersion: "0.0.1", signals: signals,
        tell: { [weak self] news in
          guard let self else { return }
          self.news.withLock { $0.append(news) }
          if case .recorded(let entry) = news { self.react.withLock { $0 }(entry.event) }
        }),
      in: directory)
  }

  func apply(_ steps: [SampleStep], parallelism: Int = 2) async throws -> RunEngine.Finished {
    try await engine.apply(.sample(steps, parallelism: parallelism), as: .sample)
  }
  func resume(_ direction: ResumeOrder.Direction = .onwards) async throws -> RunEngine.Finished {
    try await engine.resume(.sample, .init(direction))
  }
  func events() async throws -> [Event] { try await directory.journal(of: .sample).records.map(\.event) }
  var journal: String { directory.journalPath(of: .sample) }
  func readJournal() throws -> [UInt8] { Array(try readFile(journal).utf8) }

  /// When this event is durable, the signal comes.
  func interrupt(after event: Event, times: Int = 1) {
    react.withLock { [signal] react in
      react = { if $0 == event { for _ in 0..<times { signal.yield(.interrupt) } } }
    }
  }
}

private func perform(_ step: StepName, _ attempt: Int = 1) -> Job { Job(step: step, activity: .perform, attempt: attempt) }

private let chain = [SampleStep("a"), SampleStep("b", needs: ["a"]), SampleStep("c", needs: ["b"])]

@Suite("The run engine")
struct RunEngineTests {
  @Test("carries a changeset out, tells of it, and leaves a journal that says the same")
  func wholeRun() async throws {
    let house = try House()
    let finished = try await house.apply(chain)
    #expect(finished.ending == .recorded(.done))
    #expect(house.world.values == ["a", "b", "c"])
    let text = try await house.directory.journal(of: .sample)
    #expect(text.records.last?.event == .finished(.done))
    #expect(text.records.allSatisfy { $0.who == "ada" && $0.host == "ops-1" })
    #expect(try await house.directory.state(of: .sample).steps(.done) == ["a", "b", "c"])
    #expect(try await house.directory.runs() == [.sample])
    let told = house.news.withLock { news in news.compactMap { if case .recorded(let entry) = $0 { entry.event } else { nil } } }
    #expect(told == text.records.map(\.event))
    let phases = house.news.withLock { news in news.compactMap { if case .progress(perform("a"), let p) = $0 { p.phase } else { nil } } }
    #expect(phases == ["setting"])
    let last = try #require(house.world.state.withLock { $0.contexts.last })
    #expect(last.mark == StepMark(run: .sample, step: "c", attempt: 1))
    #expect(last.outputs["b"]?["value"] == .text("b"))
  }

  @Test("a second run on the same state directory is refused, and the holder named to the second")
  func locked() async throws {
    let house = try House()
    let refusal = Lock<EngineFailure?>(nil)
    let other = RunID(rawValue: "20261124T081600Z-othr")
    let (engine, changeset) = (house.engine, try Changeset.sample([SampleStep("z")]))
    house.world.plan(
      "a",
      .first {
        do throws(EngineFailure) { _ = try await engine.apply(changeset, as: other) } catch { refusal.withLock { $0 = error } }
      })
    #expect(try await house.apply([SampleStep("a")]).ending == .recorded(.done))
    let failure = try #require(refusal.withLock { $0 })
    guard case .lockHeld(let holder?, _, _) = failure else { Issue.record("\(failure)"); return }
    #expect(holder.run == .sample)
    #expect(holder.who == "ada")
    #expect(failure.exitCode == 7)
    #expect(failure.failure.details[0] == "run `\(RunID.sample)`, started by ada on ops-1 (process 4711)")
    #expect(failure.failure.details[1].contains("since \(holder.since)"))
    #expect(house.world.values == ["a"])
    // Afterwards the lock is free.
    #expect(try await engine.apply(changeset, as: other).ending == .recorded(.done))
    #expect(try await house.directory.runs() == [.sample, other])
  }

  @Test("the first interrupt lets the running step end, and a resume does the rest")
  func drained() async throws {
    let house = try House()
    house.interrupt(after: .intent(perform("b")))
    house.world.plan("b", .first { [house] in await house.untilRecorded(.interrupted(.interrupt)) })
    #expect(try await house.apply(chain).ending == .recorded(.interrupted(.interrupt)))
    #expect(house.world.values == ["a", "b"])
    #expect(try await house.resume().ending == .recorded(.done))
    #expect(house.world.values == ["a", "b", "c"])
  }

  @Test("the second interrupt cancels, and the step is tried anew under a new mark")
  func cancelled() async throws {
    let house = try House()
    house.world.plan("b", .hang)
    house.interrupt(after: .intent(perform("b")), times: 2)
    #expect(try await house.apply(chain).ending.exitCode == 130)
    #expect(house.world.values == ["a"])
    #expect(try await house.resume().ending == .recorded(.done))
    let marks = house.world.state.withLock { $0.contexts.filter { $0.mark.step == "b" } }
    #expect(marks.map(\.mark.attempt) == [1, 2])
    #expect(marks[1].earlierMarks == [StepMark(run: .sample, step: "b", attempt: 1)])
  }

  @Test("a cancelled caller ends the run in good order")
  func callerCancelled() async throws {
    let house = try House()
    house.world.plan("a", .first { [house] in await house.untilRecorded(.interrupted(.terminate)) })
    let task = Task { try await house.apply(chain) }
    house.react.withLock { react in react = { if $0 == .intent(perform("a")) { task.cancel() } } }
    #expect(try await task.value.ending == .recorded(.interrupted(.terminate)))
    #expect(try await house.resume().ending == .recorded(.done))
  }

  @Test("a hanging step is stopped at its time-out, and tried again as often as allowed")
  func timeout() async throws {
    let house = try House()
    house.world.plan("a", .hang)
    // Long enough for the second attempt on a machine that lets this test wait for others.
    let finished = try await house.apply([SampleStep("a") { $0.timeout = .seconds(20); $0.retries = 1 }])
    #expect(finished.ending == .recorded(.done))
    #expect(finished.state["a"]?.attempts == 2)
  }

  @Test("a failed step rolls back in reverse; a failed undo is named, and finished later")
  func rollback() async throws {
    let steps = [SampleStep("a"), SampleStep("b", needs: ["a"]), SampleStep("c", needs: ["b"]) { $0.onFailure = .rollback }]
    let house = try House()
    house.world.plan("c", .fail(transient: false))
    house.world.planUndo("b", .fail(transient: false))
    let finished = try await house.apply(steps)
    #expect(finished.ending == .recorded(.rollbackIncomplete))
    #expect(finished.state.steps(.undoFailed) == ["b"])
    #expect(house.world.values == ["a", "b"])
    #expect(try await house.resume(.rollback).ending == .recorded(.rolledBack))
    #expect(house.world.values == [])
    let undone = try await house.events().compactMap { event -> StepName? in
      if case .outcome(let outcome) = event, outcome.job.activity == .undo, case .done = outcome.ending { outcome.job.step } else { nil }
    }
    #expect(undone == ["c", "b", "a"])
    await #expect(throws: EngineFailure.over(.sample, .rolledBack)) { try await house.resume() }
  }

  @Test("a run that is done can be rolled back by a person, and only what it made goes")
  func rollbackLater() async throws {
    let house = try House()
    house.world.state.withLock { $0.values["foreign"] = StepMark(run: RunID(rawValue: "other"), step: "x", attempt: 1) }
    #expect(try await house.apply(chain).ending == .recorded(.done))
    await #expect(throws: EngineFailure.over(.sample, .done)) { try await house.resume() }
    #expect(try await house.resume(.rollback).ending == .recorded(.rolledBack))
    #expect(house.world.values == ["foreign"])
  }

  @Test("a step whose ground has moved does not run; planned and found are on record")
  func moved() async throws {
    let house = try House()
    house.world.state.withLock { $0.facts["a"] = Observation(facts: ["set": true]) }
    let finished = try await house.apply([SampleStep("a") { $0.basis = .facts(["set": false]) }])
    #expect(finished.ending == .recorded(.paused(.moved("a"))))
    #expect(house.world.values == [])
    let moved = Moved(step: "a", planned: ["set": false], found: Observation(facts: ["set": true]))
    #expect(try await house.events().contains(.moved(moved)))
    house.world.state.withLock { $0.facts["a"] = nil }
    #expect(try await house.resume().ending == .recorded(.done))
  }

  @Test("a changeset with steps that nobody here can perform is refused before anything begins, and they are named")
  func providersMissing() async throws {
    let house = try House()
    let steps = [SampleStep("a"), SampleStep("b") { $0.kind = "sample.fly" }]
    await #expect(throws: EngineFailure.providersMissing(["sample.fly": ["b"]])) { try await house.apply(steps) }
    #expect(try await house.directory.runs() == [])
  }

  @Test("a run that does not exist is refused, and the latest named")
  func noSuchRun() async throws {
    let house = try House()
    _ = try await house.apply([SampleStep("a")])
    let run = RunID(rawValue: "nowhere")
    await #expect(throws: EngineFailure.noSuchRun(run, known: [.sample])) { try await house.engine.resume(run, .init(.onwards)) }
  }

  @Test("names of runs sort by time and differ within a second")
  func names() {
    var random = SystemRandomNumberGenerator()
    let names = (0..<50).map { _ in RunID.new(at: .sample, using: &random) }
    #expect(Set(names).count > 40)
    #expect(names.allSatisfy { $0.rawValue.hasPrefix("20261124T081534Z-") && $0.rawValue.count == 21 })
  }
}

extension House {
  /// Until the event is durable, without asking again and again for longer than a test may take.
  fileprivate func untilRecorded(_ event: Event) async {
    for _ in 0..<30_000 {
      let isThere = news.withLock { news in news.contains { if case .recorded(let entry) = $0 { entry.event == event } else { false } } }
      if isThere { return }
      try? await Task.sleep(for: .milliseconds(2))
    }
  }
}

@Suite("The run engine on a failing disk")
struct DiskFaultTests {
  /// The real file, behind a budget of bytes: what does not fit is written in part, as a full disk does it.
  private struct FullDisk: AppendOnlyFile, Sendable {
    let file: JournalFile
    let room: Lock<Int>

    func append(_ bytes: [UInt8]) throws {
      let fits = room.withLock { room in
        defer { room -= bytes.count }
        return max(0, min(room, bytes.count))
      }
      try file.append(Array(bytes.prefix(fits)))
      if fits < bytes.count { throw SystemFailure("write", "the journal", code: 28) }
    }
    func sync() throws { try file.sync() }
  }

  private func runOnFullDisk(_ house: House, room: Int) async throws -> RunEngine.Finished {
    let lock = try await house.directory.lock(as: LockHolder(who: "ada", host: "ops-1", pid: 1, run: .sample, since: .sample))
    defer { lock.release() }
    let file = FullDisk(file: try await house.directory.createJournal(of: .sample), room: Lock(room))
    return try await house.engine.carryOut(.sample(chain), as: .sample, to: file, lock)
  }

  @Test("a full disk under the journal stops every further effect; nothing is lost, and a resume does the rest", arguments: 0..<12)
  func full(twelfth: Int) async throws {
    let whole = try House()
    _ = try await whole.apply(chain)
    let size = try whole.readJournal().count
    let first = try whole.readJournal().split(separator: 0x0A)[0].count + 1

    let house = try House()
    let room = first + (size - first) * twelfth / 12
    let finished = try await runOnFullDisk(house, room: room)
    #expect(finished.ending == .journalLost(reason: "cannot write the journal: No space left on device"))
    #expect(finished.ending.exitCode == 6)
    let text = try await house.directory.journal(of: .sample)
    for value in house.world.values {
      let intent = Event.intent(perform(StepName(rawValue: value)))
      #expect(text.records.contains { $0.event == intent }, "\(value) was set without a durable intent")
    }
    #expect(try await house.resume().ending == .recorded(.done))
    #expect(house.world.values == ["a", "b", "c"])
    let names = try Folder.names(in: "\(house.folder)/state/runs/\(RunID.sample)")
    #expect(names.count == (text.torn.isEmpty ? 1 : 2), "the torn bytes are kept beside the journal: \(names)")
    #expect(try await house.directory.journal(of: .sample).torn.isEmpty)
  }

  @Test("a torn last record is cut and kept, and a flipped byte before it refused with its number")
  func damaged() async throws {
    let house = try House()
    house.interrupt(after: .intent(perform("b")))
    house.world.plan("b", .first { [house] in await house.untilRecorded(.interrupted(.interrupt)) })
    _ = try await house.apply(chain)
    let bytes = try house.readJournal()

    var flipped = bytes
    let second = try #require(bytes.firstIndex(of: 0x0A)) + 20
    flipped[second] ^= 1
    try writeBytes(house.journal, flipped)
    await #expect(throws: EngineFailure.journalDamaged(.sample, JournalDamage(record: 2, kind: .changed), path: house.journal)) {
      try await house.resume()
    }
    #expect(try house.readJournal() == flipped, "a journal that is refused is left as it is")

    try writeBytes(house.journal, bytes + Array(#"{"at":"2026"#.utf8))
    #expect(try await house.resume().ending == .recorded(.done))
    let number = bytes.count { $0 == 0x0A } + 1
    #expect(try readFile("\(house.journal).\(number).torn") == #"{"at":"2026"#)
    #expect(house.world.values == ["a", "b", "c"])
  }

  @Test("whoever removes the state directory under a run stops it before its next record")
  func removed() async throws {
    let house = try House()
    house.world.plan("a", .first { [house] in removeFolder(house.folder) })
    let finished = try await house.apply(chain)
    #expect(finished.ending == .lockLost(holder: "the state directory was removed or replaced"))
    #expect(house.world.values == ["a"])
  }

  @Test("a state directory that cannot be used is an error in words")
  func unusable() async throws {
    let house = try House()
    try writeFile("\(house.folder)/state", "a file")
    let error = await #expect(throws: EngineFailure.self) { try await house.apply(chain) }
    #expect(error?.failure.code == "state-unusable")
    #expect(error?.failure.message.contains("Not a directory") == true)
    #expect(house.world.values == [])
  }
}
