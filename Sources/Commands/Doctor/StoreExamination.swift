internal import Concurrency
internal import DirectoryStore
internal import ObjectStore
internal import ProviderInterface
internal import S3Store
internal import Units

/// Writes, reads and deletes a probe object of its own. Each request has a deadline; whatever happens, the probe is deleted in the end.
struct StoreExamination: Sendable {
  static let prefix = "sie-dr-doctor/"
  let store: any ObjectStore
  let timeout: TimeSpan
  let now: @Sendable () -> Timestamp
  /// A key that nobody else uses, and the bytes that are written there.
  let probe: ObjectKey
  let bytes: [UInt8]

  /// Nil if `name` cannot be a part of a key.
  init?(_ store: any ObjectStore, timeout: TimeSpan, now: @escaping @Sendable () -> Timestamp, name: String) {
    guard let probe = ObjectKey(Self.prefix + name) else { return nil }
    self.store = store
    self.timeout = timeout
    self.now = now
    self.probe = probe
    bytes = Array("A probe object of `sie-dr doctor` (\(name)). It may be deleted.\n".utf8)
  }

  func look() async -> StoreSeen {
    var seen = StoreSeen(probe: probe)
    seen.listing = await stage { [store] in _ = try await store.list(prefix: Self.prefix, after: nil, limit: 1) }
    if let directory = store as? DirectoryStore { seen.space = await asked { try await directory.freeSpace() } }
    guard !seen.listing.isOutOfReach else { return seen }
    let asked = now()
    seen.writing = await stage { [store, probe, bytes] in try await store.put(probe, bytes, ifAbsent: true) }
    let answered = now()
    if seen.writing.isDone {
      seen.clock = await clock(asked, answered)
      seen.reading = await stage { [store, probe, bytes] in
        guard try await store.read(probe, limit: ByteCount(bytes: 4_096)) == bytes else {
          throw StoreError(store: store.name, .damaged, key: probe, "gives back other bytes than were written")
        }
      }
      seen.condition = await condition()
    }
    if seen.writing.isDone || seen.writing.mayHaveTakenEffect { await delete(&seen) }
    return seen
  }

  private func clock(_ asked: Timestamp, _ answered: Timestamp) async -> ClockComparison? {
    guard case .success(let info) = await self.asked({ [store, probe] in try await store.info(probe) }), info.modified.milliseconds > 0 else { return nil }
    // HTTP's dates, and some file systems', are in whole seconds; a kernel's stamps are a clock tick old.
    let resolution: TimeSpan = info.modified.milliseconds % 1_000 == 0 ? .seconds(1) : .milliseconds(20)
    return ClockComparison(asked: asked, theirs: info.modified, answered: answered, resolution: resolution)
  }

  private func condition() async -> StoreSeen.Condition {
    switch await stage({ [store, probe, bytes] in try await store.put(probe, bytes, ifAbsent: true) }) {
    case .done: .ignored
    // Our own look before the write finds the object too; whether the store would have is another matter.
    case .failed(let error) where error.reason == .alreadyExists: (store as? S3Store)?.heedsConditions == false ? .ignored : .heeded
    case .failed(let error): .failed(error)
    case .notTried: .notTried
    }
  }

  private func delete(_ seen: inout StoreSeen) async {
    let deleting = await stage { [store, probe] in
      try await store.delete(probe)
      do throws(StoreError) { _ = try await store.info(probe) } catch { if error.reason == .notFound { return } else { throw error } }
      throw StoreError(store: store.name, .damaged, key: probe, "has confirmed that the probe object is deleted, and still has it")
    }
    // After a write that failed, deleting is tidiness, not a check.
    if seen.writing.isDone { seen.deleting = deleting }
    seen.leavesProbe = !deleting.isDone
  }

  private func stage(_ body: @escaping @Sendable () async throws -> Void) async -> StoreSeen.Stage {
    switch await asked(body) {
    case .success: .done
    case .failure(let error): .failed(error)
    }
  }

  private func asked<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async -> Result<Value, StoreError> {
    do { return .success(try await withDeadline(timeout.duration, body)) } catch let error as StoreError { return .failure(error) } catch is DeadlineExceeded {
      return .failure(StoreError(store: store.name, .timedOut, "did not answer within \(timeout.rounded)"))
    } catch { return .failure(StoreError(store: store.name, .other, "\(error)")) }
  }
}

extension StoreSeen.Stage {
  fileprivate var isOutOfReach: Bool { if case .failed(let error) = self { error.reason == .unreachable || error.reason == .timedOut } else { false } }
  fileprivate var mayHaveTakenEffect: Bool {
    if case .failed(let error) = self { [.timedOut, .unreachable, .cancelled, .other, .damaged].contains(error.reason) } else { false }
  }
}
