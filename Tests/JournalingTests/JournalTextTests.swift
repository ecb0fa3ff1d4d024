import CanonicalJSON
import Hashing
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("The text of a journal")
struct JournalTextTests {
  @Test("gives back the records that were written, chained and one a line")
  func roundTrip() throws {
    let events = try Sample.events()
    let bytes = try Sample.bytes(events)
    let text = try JournalText(bytes)
    #expect(text.records.map(\.event) == events)
    #expect(text.records.map(\.seq) == Array(1...events.count))
    #expect(text.records.map(\.who) == Array(repeating: "ada", count: events.count))
    #expect(text.records[0].prev.hex == String(repeating: "0", count: 64))
    #expect(text.torn.isEmpty)
    #expect(text.wholeBytes == bytes.count)
    #expect(bytes.count { $0 == 0x0A } == events.count)
    #expect(try Sample.bytes(events) == bytes, "the same events give the same bytes")
  }

  @Test("each line is JSON with the names that stay")
  func stableNames() throws {
    let lines = String(decoding: try Sample.bytes(Sample.events()), as: UTF8.self).split(separator: "\n")
    let intent = #""event":{"intent":{"activity":"perform","attempt":1,"step":"data"}}"#
    #expect(lines[1].hasPrefix(#"{"at":"2026-11-24T08:15:35Z",\#(intent),"host":"ops-1","prev":""#))
    #expect(lines[4].contains(#""outcome":{"ending":"failed","failure":{"code":"no-such-server""#))
    #expect(lines[5].contains(#""event":{"paused":{"name":"step-failed","step":"check"}}"#))
    for line in lines {
      let value = try CanonicalJSON.decode(JSONValue.self, from: line.utf8)
      #expect(value["sha256"]?.string.flatMap { SHA256Digest($0) } != nil)
    }
  }

  @Test("every event survives its JSON", arguments: allEvents)
  func events(event: Event) throws {
    #expect(try CanonicalJSON.decode(Event.self, from: CanonicalJSON.bytes(event)) == event)
  }

  @Test("cut anywhere, keeps the whole records and hands over the rest")
  func tornTail() throws {
    let events = try Sample.events()
    let bytes = try Sample.bytes(events)
    let ends = bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    for cut in (ends[0] - 3)...bytes.count {
      let text = try JournalText(Array(bytes[..<cut]))
      let whole = ends.last { $0 <= cut } ?? 0
      #expect(text.wholeBytes == whole)
      #expect(text.records.count == ends.count { $0 <= cut })
      #expect(text.torn == Array(bytes[whole..<cut]))
    }
  }

  @Test("a flipped bit is refused with the record's number, or in the last record cut like a torn one")
  func flippedBits() throws {
    let bytes = try Sample.bytes(Sample.events())
    var record = 1
    let last = bytes.count { $0 == 0x0A }
    for place in bytes.indices {
      defer { if bytes[place] == 0x0A { record += 1 } }
      // The changeset in the first record is long; a sample of its bytes is enough.
      if record == 1, place % 17 != 0 { continue }
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      if record < last {
        let error = #expect(throws: JournalDamage.self) { try JournalText(damaged) }
        #expect(error?.record == record, "at byte \(place)")
      } else {
        let text = try JournalText(damaged)
        #expect(text.records.count == last - 1)
        #expect(!text.torn.isEmpty)
      }
    }
  }

  @Test("a record that was removed, doubled or moved is noticed")
  func rearranged() throws {
    let lines = try Sample.bytes(Sample.events()).split(separator: 0x0A).map { Array($0) + [0x0A] }
    let rearranged: [([Int], Int)] = [([0, 2, 3, 4], 2), ([0, 1, 1, 2], 3), ([0, 2, 1, 3], 2), ([1, 2, 3], 1)]
    for (order, number) in rearranged {
      let error = #expect(throws: JournalDamage.self) { try JournalText(order.flatMap { lines[$0] }) }
      #expect(error == JournalDamage(record: number, kind: .doesNotFollow))
    }
  }

  @Test("a newer format is refused by name")
  func newerFormat() throws {
    var start = try Sample.start()
    start.formatVersion = 99
    let bytes = try Sample.bytes([.runStarted(start), .intent(Sample.job("data"))])
    let error = #expect(throws: JournalDamage.self) { try JournalText(bytes) }
    #expect(error?.code == "journal-too-new")
    #expect(error?.description == "the journal has format 99, this sie-dr reads formats up to 1")
  }

  static let allEvents: [Event] = [
    Sample.resumed, Sample.torn, .intent(Sample.job("data", .undo, 3)),
    Sample.done(Sample.job("data")), Sample.done(Sample.job("data", .undo)),
    Sample.failed(Sample.job("tell", .beforeRollback)), .outcome(Outcome(job: Sample.job("data"), ending: .unchanged)),
    .outcome(Outcome(job: Sample.job("data"), ending: .timedOut(StepFailure("timed-out", "too slow", transient: true)))),
    .outcome(Outcome(job: Sample.job("data"), ending: .cancelled)),
    .moved(Moved(step: "data", planned: ["exists": true], found: Observation(facts: ["exists": false]))),
    .moved(Moved(step: "data", planned: [:], found: .unreachable("connection refused"))),
    .settled(
      Settled(job: Sample.job("data"), settlement: .done(StepResult(summary: "set", outputs: ["url": .text("x")], undoRecord: [1, 2])))),
    .settled(Settled(job: Sample.job("data"), settlement: .notDone, by: "ada")),
    .settled(Settled(job: Sample.job("data"), settlement: .unknown("look at the server"))),
    .confirmed(Confirmed(job: Sample.job("ask"), by: "ada")),
    .skipped(Skipped(step: "data", by: "ada", reason: "not needed")), .interrupted(.interrupt), .interrupted(.terminate),
    .paused(.stepFailed("data")), .paused(.moved("data")), .paused(.inDoubt(["a", "b"])), .paused(.unanswered("ask")),
    .paused(.didNotStop("data")),
    .paused(.rollbackHeldBack("tell")), .rollbackStarted(.stepFailed("data")), .rollbackStarted(.requested(by: "ada")), .finished(.done),
    .finished(.failed), .finished(.paused(.inDoubt(["a"]))), .finished(.rolledBack), .finished(.rollbackIncomplete),
    .finished(.interrupted(.terminate)),
  ]
}

@Suite("The writer of a journal")
struct JournalWriterTests {
  @Test("goes on behind what is there")
  func resumes() throws {
    let events = try Sample.events()
    let whole = try Sample.bytes(Array(events.prefix(3)))
    let file = MemoryFile()
    file.storage.bytes = whole
    var writer = JournalWriter(file, who: "bob", host: "ops-2", after: try JournalText(whole))
    try writer.append([Entry(at: .sample, event: Sample.resumed), Entry(at: .sample, event: events[3])])
    let text = try JournalText(file.storage.bytes)
    #expect(text.records.map(\.seq) == [1, 2, 3, 4, 5])
    #expect(text.records.last?.who == "bob")
    #expect(file.storage.synced == file.storage.bytes.count)
  }

  @Test("after one failure nothing is accepted any more, whatever has failed", arguments: [false, true])
  func poisoned(syncFails: Bool) throws {
    let file = MemoryFile()
    var writer = JournalWriter(file, who: "ada", host: "ops-1")
    let events = try Sample.events()
    try writer.append([Entry(at: .sample, event: events[0])])
    if syncFails { file.storage.syncFails = true } else { file.storage.room = 10 }
    #expect(throws: JournalWriteFailure.self) { try writer.append([Entry(at: .sample, event: events[1])]) }
    let bytes = file.storage.bytes
    file.storage.room = nil
    file.storage.syncFails = false
    #expect(throws: JournalWriteFailure.self) { try writer.append([Entry(at: .sample, event: events[2])]) }
    #expect(file.storage.bytes == bytes, "nothing is written behind a line that may be half there")
    #expect(try JournalText(bytes).records.count == (syncFails ? 2 : 1))
  }
}
