internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import Units

/// What a plan wants of a store.
struct StoreDuties: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case directory(path: String)
    case bucket(S3Lock?)
  }
  var kind: Kind
  /// Points in it come to an end by `keep`, so this program must be able to delete there.
  var expires = false
  /// What one round of backups will bring: the newest points' sizes, or what the plan estimates; nil: nobody knows.
  var expected: ByteCount?
}

/// What a store did with a probe object of `doctor`'s own.
struct StoreSeen: Sendable {
  enum Stage: Hashable, Sendable {
    case done, failed(StoreError)
    /// Something that has to come before it failed.
    case notTried
    var isDone: Bool { self == .done }
  }
  enum Condition: Hashable, Sendable { case heeded, ignored, failed(StoreError), notTried }

  var probe: ObjectKey
  var listing = Stage.notTried
  var writing = Stage.notTried
  var reading = Stage.notTried
  var condition = Condition.notTried
  var deleting = Stage.notTried
  /// The probe object may be there still.
  var leavesProbe = false
  var clock: ClockComparison?
  /// Of a directory store.
  var space: Result<ByteCount, StoreError>?
}

extension StoreSeen {
  /// In the order they are shown.
  func outcomes(_ duties: StoreDuties) -> [CheckOutcome] {
    var outcomes = [
      outcome("list", listing, "objects can be listed"), writingOutcome,
      outcome("read", reading, "gave back what was written"), conditionOutcome, deletion(duties),
      clock?.outcome(of: "the store") ?? CheckOutcome("clock", .notChecked, "the store gave no time"),
    ]
    if let space { outcomes.append(Self.outcome(space, expected: duties.expected)) }
    if leavesProbe, !mayNotDelete {
      outcomes.append(CheckOutcome("probe object", .warning, "`\(probe)` may be left in the store", helps: ["delete it by hand"]))
    }
    return outcomes
  }

  private var mayNotDelete: Bool { if case .failed(let error) = deleting { error.reason == .denied } else { false } }

  private func outcome(_ name: String, _ stage: Stage, _ whenDone: String) -> CheckOutcome {
    switch stage {
    case .done: CheckOutcome(name, .ok, whenDone)
    case .failed(let error): CheckOutcome(name, .failed, error.detail, helps: [Self.help(error)])
    case .notTried: CheckOutcome(name, .notChecked, "what comes before it failed")
    }
  }

  private var writingOutcome: CheckOutcome {
    if case .failed = writing, writing == listing { return CheckOutcome("write", .failed, "fails for the same reason") }
    return outcome("write", writing, "took an object")
  }

  private var conditionOutcome: CheckOutcome {
    let name = "conditional write"
    return switch condition {
    case .heeded: CheckOutcome(name, .ok, "leaves an object alone that is there already")
    case .ignored:
      CheckOutcome(
        name, .warning, "takes no heed of `If-None-Match`: of two hosts that write one point at the same instant, both may believe that they won",
        helps: ["let one host at a time run the plan, or use a store that knows conditional writes"])
    case .failed(let error): CheckOutcome(name, .failed, error.detail, helps: [Self.help(error)])
    case .notTried: CheckOutcome(name, .notChecked, "what comes before it failed")
    }
  }

  /// A delete of one's own says only that this identity can delete: whether it may delete what others wrote is the store's secret.
  private func deletion(_ duties: StoreDuties) -> CheckOutcome {
    switch (deleting, duties.kind) {
    case (.done, .bucket(let lock?)):
      return CheckOutcome(
        "delete", .ok,
        "this identity can delete, but what is written here is locked for \(lock.duration.rounded): it only gets hidden, the probe too"
          + (lock.mode == .governance ? "; whether this identity may bypass a governance lock cannot be told from here" : ""))
    case (.done, .bucket(nil)):
      return CheckOutcome(
        "delete", .warning, "this identity can delete objects: a stolen key can destroy the points in this store",
        helps: ["an object lock would prevent that: `lock: { mode: compliance, for: … }` in a bucket that has it, best with keys of its own"])
    case (.done, .directory):
      return CheckOutcome(
        "delete", .warning, "this user can delete files: whoever takes over this machine can destroy the points in this store",
        helps: ["copy points to a store elsewhere too, best with an object lock"])
    case (.failed(let error), _) where error.reason == .denied && !duties.expires:
      return CheckOutcome(
        "delete", .ok, "this identity may not delete: a stolen key cannot destroy the points here", helps: ["the probe object `\(probe)` stays until somebody else deletes it"])
    case (.failed(let error), _) where error.reason == .denied:
      return CheckOutcome(
        "delete", .failed, "\(error.detail); the plan's `keep` cannot remove what has expired",
        helps: [
          "let this identity delete, or take `keep` out of the plan and let the store expire objects",
          "the probe object `\(probe)` stays until somebody else deletes it",
        ])
    default: return outcome("delete", deleting, "")
    }
  }

  private static func outcome(_ space: Result<ByteCount, StoreError>, expected: ByteCount?) -> CheckOutcome {
    switch space {
    case .failure(let error): CheckOutcome("space", .failed, error.detail, helps: [help(error)])
    case .success(let free):
      SpaceVerdict.outcome(
        free: free, needed: expected ?? SpaceVerdict.least,
        expected.map { "the next points will take about \($0.rounded)" } ?? "how much the next points take is not known: there is none yet, and no `estimate`")
    }
  }

  private static func help(_ error: StoreError) -> String {
    switch error.reason {
    case .denied: "mend what is said here, then run `sie-dr doctor` again"
    case .noSpace: "make room, then run `sie-dr doctor` again"
    case .unreachable, .timedOut: "look whether the store, or what is mounted there, is up, and whether path or endpoint are right"
    case .damaged: "do not trust this store with backups before it is known why"
    case .notFound, .alreadyExists, .cancelled, .sealed, .toolMissing, .toolFailed, .other: "look at the store, then run `sie-dr doctor` again"
    }
  }
}

enum SpaceVerdict {
  /// What no file system should have less of, where nobody knows what is needed.
  static let least = ByteCount(bytes: 100_000_000)

  static func outcome(free: ByteCount, needed: ByteCount, _ why: String? = nil) -> CheckOutcome {
    let found = "\(free.rounded) free" + (why.map { ", \($0)" } ?? "")
    if free < needed { return CheckOutcome("space", .failed, found, helps: ["make room there, or keep less"]) }
    if free < needed + needed { return CheckOutcome("space", .warning, found, helps: ["make room there before it is needed"]) }
    return CheckOutcome("space", .ok, found)
  }
}
