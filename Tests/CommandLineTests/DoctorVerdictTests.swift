@testable import Commands
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// What `doctor` makes of what it saw: columns of expectations.
struct DoctorVerdictTests {
  @Test("a clock is off only by what is proved", arguments: [
    // Asked at 100 s, answered at 101 s: theirs, its resolution, and by how much it is ahead at least.
    (100_500, 0, 0, CheckOutcome.Verdict.ok), (100_000, 0, 0, .ok), (101_000, 0, 0, .ok), (99_500, 1_000, 0, .ok), (98_900, 1_000, -100, .ok),
    (102_000, 0, 1_000, .ok), (106_000, 0, 5_000, .ok), (106_001, 0, 5_001, .warning), (94_999, 0, -5_001, .warning),
    (400_999, 0, 299_999, .warning), (401_000, 0, 300_000, .failed), (-200_000, 0, -300_000, .failed), (.max, 0, .max - 101_000, .failed),
    (.min, 0, .min, .failed),
  ] as [(Int64, Int64, Int64, CheckOutcome.Verdict)])
  func clock(theirs: Int64, resolution: Int64, offset: Int64, verdict: CheckOutcome.Verdict) {
    let clock = ClockComparison(
      asked: Timestamp(milliseconds: 100_000), theirs: Timestamp(milliseconds: theirs), answered: Timestamp(milliseconds: 101_000),
      resolution: .milliseconds(resolution))
    #expect(clock.offset == .milliseconds(offset))
    let outcome = clock.outcome(of: "the store")
    #expect(outcome.verdict == verdict && outcome.helps.isEmpty == (verdict == .ok))
    #expect(outcome.message.contains(offset == 0 ? "agrees" : offset > 0 ? "ahead of" : "behind"))
  }

  @Test("free space is compared with what will come", arguments: [
    (99, 100, CheckOutcome.Verdict.failed), (100, 100, .warning), (199, 100, .warning), (200, 100, .ok), (.max, .max, .ok),
  ] as [(Int64, Int64, CheckOutcome.Verdict)])
  func space(free: Int64, needed: Int64, verdict: CheckOutcome.Verdict) {
    #expect(SpaceVerdict.outcome(free: ByteCount(bytes: free), needed: ByteCount(bytes: needed)).verdict == verdict)
  }

  // MARK: Stores

  private static let key = ObjectKey("sie-dr-doctor/1")
  private static func error(_ reason: StoreError.Reason) -> StoreError { StoreError(store: "east", reason, key: key, "the store says \(reason.rawValue)") }

  /// A store that did everything, changed by `change`.
  private func verdicts(_ duties: StoreDuties, _ change: (inout StoreSeen) -> Void = { _ in }) throws -> [String: CheckOutcome] {
    var seen = StoreSeen(probe: try #require(Self.key))
    (seen.listing, seen.writing, seen.reading, seen.condition, seen.deleting) = (.done, .done, .done, .heeded, .done)
    let now = Timestamp(milliseconds: 0)
    seen.clock = ClockComparison(asked: now, theirs: now, answered: now)
    change(&seen)
    return Dictionary(uniqueKeysWithValues: seen.outcomes(duties).map { ($0.name, $0) })
  }

  @Test("what a delete of one's own says depends on lock and retention", arguments: [
    (StoreDuties.Kind.bucket(nil), false, nil, CheckOutcome.Verdict.warning, "a stolen key can destroy the points"),
    (.directory(path: "near"), false, nil, .warning, "whoever takes over this machine"),
    (.bucket(S3Lock(mode: .compliance, duration: .days(14))), true, nil, .ok, "locked for 14d"),
    (.bucket(S3Lock(mode: .governance, duration: .days(14))), true, nil, .ok, "cannot be told from here"),
    (.bucket(nil), false, .denied, .ok, "a stolen key cannot destroy"), (.bucket(nil), true, .denied, .failed, "`keep` cannot remove"),
    (.bucket(nil), false, .unreachable, .failed, "the store says unreachable"), (.bucket(nil), true, .damaged, .failed, "the store says damaged"),
  ] as [(StoreDuties.Kind, Bool, StoreError.Reason?, CheckOutcome.Verdict, String)])
  func deletion(kind: StoreDuties.Kind, expires: Bool, problem: StoreError.Reason?, verdict: CheckOutcome.Verdict, words: String) throws {
    let outcome = try verdicts(StoreDuties(kind: kind, expires: expires)) { seen in
      if let problem { seen.deleting = .failed(Self.error(problem)) }
    }["delete"]
    #expect(outcome?.verdict == verdict && outcome?.message.contains(words) == true, "\(String(describing: outcome))")
    if problem == .denied { #expect(outcome?.helps.contains { $0.contains("sie-dr-doctor/1") } == true) }
  }

  @Test("a store that takes no heed of conditions is a warning that says what that means")
  func conditions() throws {
    let outcome = try verdicts(StoreDuties(kind: .bucket(nil))) { $0.condition = .ignored }["conditional write"]
    #expect(outcome?.verdict == .warning && outcome?.message.contains("two hosts") == true)
    let failed = try verdicts(StoreDuties(kind: .bucket(nil))) { $0.condition = .failed(Self.error(.other)) }["conditional write"]
    #expect(failed?.verdict == .failed)
  }

  @Test("what was not tried is not called good, and what may be left behind is named")
  func notTried() throws {
    let seen = try verdicts(StoreDuties(kind: .bucket(nil))) { seen in
      (seen.listing, seen.writing) = (.failed(Self.error(.denied)), .failed(Self.error(.timedOut)))
      (seen.reading, seen.condition, seen.deleting, seen.clock, seen.leavesProbe) = (.notTried, .notTried, .notTried, nil, true)
    }
    for name in ["list", "write"] { #expect(seen[name]?.verdict == .failed && seen[name]?.helps.isEmpty == false) }
    for name in ["read", "conditional write", "delete", "clock"] { #expect(seen[name]?.verdict == .notChecked) }
    #expect(seen["probe object"]?.verdict == .warning && seen["probe object"]?.message.contains("sie-dr-doctor/1") == true)
  }

  @Test("a folder's space is compared with the next points, or with a floor where nobody knows")
  func storeSpace() throws {
    func outcome(_ expected: Int64?, _ space: Result<ByteCount, StoreError>) throws -> CheckOutcome? {
      try verdicts(StoreDuties(kind: .directory(path: "near"), expected: expected.map { ByteCount(bytes: $0) })) { $0.space = space }["space"]
    }
    #expect(try outcome(1_000, .success(ByteCount(bytes: 999)))?.verdict == .failed)
    #expect(try outcome(1_000, .success(ByteCount(bytes: 2_000)))?.verdict == .ok)
    #expect(try outcome(nil, .success(ByteCount(bytes: 1_000)))?.verdict == .failed)
    #expect(try outcome(nil, .success(ByteCount(bytes: 1_000_000_000)))?.message.contains("not known") == true)
    #expect(try outcome(nil, .failure(Self.error(.unreachable)))?.verdict == .failed)
    #expect(try verdicts(StoreDuties(kind: .bucket(nil)))["space"] == nil)
  }
}
