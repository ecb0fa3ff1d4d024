internal import Concurrency
public import ObjectStore

/// One point in several stores: what the first does not give whole is taken from the next.
public struct PointCopies: Sendable {
  public let manifest: PointManifest
  private let readers: [PointReader]
  private let state = Lock(State())

  private struct State {
    /// Stores that did not answer: asked last from then on, each with what it said.
    var silent: [String: StoreError] = [:]
    /// What came from another store than the first, by store: how many objects, and why the first of them.
    var taken: [(store: String, objects: Set<String>, why: StoreError)] = []
  }

  /// `stores`: in the order in which they are to be asked.
  public init(_ manifest: PointManifest, in stores: [any ObjectReading], unsealing: (any ObjectUnsealing)? = nil) {
    self.manifest = manifest
    readers = stores.map { PointReader(manifest, in: $0, unsealing: unsealing) }
  }

  /// The stores' names, for messages.
  public var stores: String { readers.map { "`\($0.store.name)`" }.joined(separator: ", ") }

  /// Does `work` with an object of one store after another until it succeeds. Failures that are not about the copy end it at once; where no
  /// store has a good copy the first one's failure is thrown.
  public func first<Value: Sendable>(_ path: String, _ work: (PointReader) async throws -> Value) async throws -> Value {
    var failure: StoreError?
    for reader in order() {
      do {
        let value = try await work(reader)
        took(path, from: reader.store.name, failure)
        return value
      } catch let error as StoreError where error.isAboutOneCopy && !Task.isCancelled {
        failure = failure ?? error
        if error.reason == .unreachable || error.reason == .timedOut { state.withLock { $0.silent[reader.store.name] = error } }
      }
    }
    throw failure ?? StoreError(store: "", .other, "no store holds point \(manifest.id)")
  }

  private func order() -> [PointReader] {
    let silent = state.withLock { $0.silent }
    return readers.filter { silent[$0.store.name] == nil } + readers.filter { silent[$0.store.name] != nil }
  }

  private func took(_ path: String, from store: String, _ failure: StoreError?) {
    guard let usual = readers.first?.store.name, store != usual else { return }
    state.withLock { state in
      guard let why = failure ?? state.silent[usual] else { return }
      if let index = state.taken.firstIndex(where: { $0.store == store }) {
        state.taken[index].objects.insert(path)
      } else {
        state.taken.append((store, [path], why))
      }
    }
  }

  /// What was taken from another store than the first, and why, for people.
  public var notes: [String] {
    state.withLock { $0.taken }.map { taken in
      "\(taken.objects.count) object\(taken.objects.count == 1 ? "" : "s") came from the store `\(taken.store)`, since \(taken.why)"
    }
  }
}

extension StoreError {
  /// Whether another copy of the same object can help.
  fileprivate var isAboutOneCopy: Bool {
    switch reason {
    case .notFound, .damaged, .denied, .unreachable, .timedOut, .other: true
    case .alreadyExists, .noSpace, .cancelled, .sealed, .toolMissing, .toolFailed: false
    }
  }
}
