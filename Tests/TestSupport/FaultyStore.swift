public import ObjectStore

/// One call to a store or to one of its transfers, as a script of faults sees it.
public struct StoreCall: Hashable, Sendable, CustomStringConvertible {
  public enum Operation: String, Hashable, Sendable, CaseIterable {
    case list, info, open, next, put, upload, write, finish, abort, copy, delete, discardUploads
    /// Whether the call can change what the store holds.
    public var isChange: Bool { [.put, .upload, .write, .finish, .abort, .copy, .delete, .discardUploads].contains(self) }
  }
  /// Counts all calls from 0.
  public var index: Int
  /// Counts the calls of this operation from 0.
  public var occurrence: Int
  public var operation: Operation
  public var key: ObjectKey?
  /// Bytes handed to `put` and `write` before this call and by it.
  public var bytesBefore: Int
  public var bytes: Int
  public init(index: Int, occurrence: Int, operation: Operation, key: ObjectKey?, bytesBefore: Int, bytes: Int) {
    self.index = index; self.occurrence = occurrence; self.operation = operation; self.key = key
    self.bytesBefore = bytesBefore; self.bytes = bytes
  }
  public var description: String { "#\(index) \(operation.rawValue) \(key?.path ?? "")" }
}

/// What is done to a call instead of, or besides, what was asked.
public enum StoreFault: Sendable {
  /// Nothing happens, and the call fails.
  case fail(StoreError.Reason)
  /// It happens, and the call fails: the reply was lost.
  case failAfterwards(StoreError.Reason)
  /// The call succeeds, and nothing happens. For `put` and `finish`.
  case lose
  /// One bit of the chunk that `next` returns is another one.
  case flip(byte: Int)
  /// The download ends here. For `next`.
  case truncate
  case delay(Duration)
  /// No answer until the task is cancelled.
  case hang
  /// The program is gone: this call and all later ones fail without effect.
  case crash
  /// The program is gone just after the call took effect.
  case crashAfterwards
}

/// Any store behind a script of faults. The script is asked once a call, in order; the calls are recorded.
public struct FaultyStore: ObjectStore {
  public typealias Script = @Sendable (StoreCall) -> StoreFault?

  private let inner: any ObjectStore
  private let faults: Faults
  public var name: String { inner.name }

  public init(_ inner: any ObjectStore, _ script: @escaping Script = { _ in nil }) {
    self.inner = inner
    faults = Faults(store: inner.name, script: script)
  }

  public var calls: [StoreCall] { get async { await faults.calls } }
  /// How many calls were delayed at the same time, at most.
  public var mostDelayed: Int { get async { await faults.mostDelayed } }

  public func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    try await faults.carryOut(.list, nil) { () throws(StoreError) in try await inner.list(prefix: prefix, after: after, limit: limit) }
  }

  public func info(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
    try await faults.carryOut(.info, key) { () throws(StoreError) in try await inner.info(key) }
  }

  public func open(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload {
    let download = try await faults.carryOut(.open, key) { () throws(StoreError) in try await inner.open(key) }
    return FaultyDownload(inner: download, key: key, faults: faults)
  }

  public func put(_ key: ObjectKey, _ bytes: [UInt8], ifAbsent: Bool) async throws(StoreError) {
    try await faults.carryOut(.put, key, bytes: bytes.count, lost: ()) { () throws(StoreError) in
      try await inner.put(key, bytes, ifAbsent: ifAbsent)
    }
  }

  public func upload(_ key: ObjectKey) async throws(StoreError) -> any ObjectUpload {
    let upload = try await faults.carryOut(.upload, key) { () throws(StoreError) in try await inner.upload(key) }
    return FaultyUpload(inner: upload, key: key, faults: faults)
  }

  public func copy(_ key: ObjectKey, from source: any ObjectReading, _ original: ObjectKey) async throws(StoreError) -> StoreCopy? {
    try await faults.carryOut(.copy, key) { () throws(StoreError) in try await inner.copy(key, from: source, original) }
  }

  public func delete(_ key: ObjectKey) async throws(StoreError) {
    try await faults.carryOut(.delete, key, lost: ()) { () throws(StoreError) in try await inner.delete(key) }
  }

  public func discardUploads(prefix: String) async throws(StoreError) {
    try await faults.carryOut(.discardUploads, nil, lost: ()) { () throws(StoreError) in try await inner.discardUploads(prefix: prefix) }
  }

  public func openUploads(prefix: String) async throws(StoreError) -> [ObjectKey] {
    try await faults.carryOut(.list, nil) { () throws(StoreError) in try await inner.openUploads(prefix: prefix) }
  }
}

extension FaultyStore {
  /// A fault at the nth call (from 0) of those that `counts` picks.
  public static func at(_ n: Int, _ operation: StoreCall.Operation, _ fault: StoreFault) -> Script {
    { call in call.operation == operation && call.occurrence == n ? fault : nil }
  }

  /// A fault at every call of an operation whose key contains a text.
  public static func every(_ operation: StoreCall.Operation, on part: String = "", _ fault: StoreFault) -> Script {
    { call in call.operation == operation && (part.isEmpty || call.key?.path.contains(part) == true) ? fault : nil }
  }

  /// Whatever would bring the bytes written over `limit` fails for want of space.
  public static func noSpace(after limit: Int) -> Script {
    { call in call.bytes > 0 && call.bytesBefore + call.bytes > limit ? .fail(.noSpace) : nil }
  }

  /// One call in `every` meets one of `faults`; which ones depends on the seed alone.
  public static func seeded(_ seed: UInt64, every: Int, _ faults: [StoreFault]) -> Script {
    { call in
      let number = mixed(seed &+ UInt64(call.index) &* 0x9E37_79B9_7F4A_7C15)
      guard !faults.isEmpty, number % UInt64(every) == 0 else { return nil }
      return faults[Int(mixed(number) % UInt64(faults.count))]
    }
  }

  /// SplitMix64's finaliser (Steele, Lea, Flood 2014).
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Asks the script, counts and records.
private actor Faults {
  private let store: String
  private let script: FaultyStore.Script
  private(set) var calls: [StoreCall] = []
  private var occurrences: [StoreCall.Operation: Int] = [:]
  private var bytesWritten = 0
  private var isGone = false
  private var delayed = 0
  private(set) var mostDelayed = 0

  init(store: String, script: @escaping FaultyStore.Script) {
    self.store = store
    self.script = script
  }

  private func fault(_ operation: StoreCall.Operation, _ key: ObjectKey?, _ bytes: Int) -> StoreFault? {
    guard !isGone else { return .crash }
    let call = StoreCall(
      index: calls.count, occurrence: occurrences[operation, default: 0], operation: operation, key: key, bytesBefore: bytesWritten, bytes: bytes)
    calls.append(call)
    occurrences[operation, default: 0] += 1
    let fault = script(call)
    switch fault {
    case .crash, .crashAfterwards: isGone = true
    case .fail: break
    default: bytesWritten += bytes
    }
    return fault
  }

  private func delay(_ duration: Duration) async {
    delayed += 1
    mostDelayed = max(mostDelayed, delayed)
    try? await Task.sleep(for: duration)
    delayed -= 1
  }

  /// `lost` is what a call returns that pretends to have done its work.
  nonisolated func carryOut<Value: Sendable>(
    _ operation: StoreCall.Operation, _ key: ObjectKey?, bytes: Int = 0, lost: Value? = nil, _ work: () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    switch await fault(operation, key, bytes) {
    case .fail(let reason): throw StoreError(store: store, reason, key: key, "a fault was injected")
    case .failAfterwards(let reason):
      _ = try await work()
      throw StoreError(store: store, reason, key: key, "a fault was injected after the call")
    case .lose:
      if let lost { return lost }
      return try await work()
    case .delay(let duration):
      await delay(duration)
      return try await work()
    case .hang:
      try? await Task.sleep(for: .seconds(86_400))
      throw StoreError(store: store, .cancelled, key: key, "cancelled")
    case .crash: throw StoreError(store: store, .unreachable, key: key, "the program is gone")
    case .crashAfterwards:
      _ = try await work()
      throw StoreError(store: store, .unreachable, key: key, "the program is gone, after the call")
    case nil, .flip, .truncate: return try await work()
    }
  }

  /// Chunks come back with the byte that the script wants flipped, or not at all.
  nonisolated func chunk(_ key: ObjectKey, _ next: () async throws(StoreError) -> [UInt8]?) async throws(StoreError) -> [UInt8]? {
    switch await fault(.next, key, 0) {
    case .truncate: return nil
    case .flip(let byte):
      guard var chunk = try await next() else { return nil }
      chunk[byte % chunk.count] ^= 1
      return chunk
    case .fail(let reason), .failAfterwards(let reason): throw StoreError(store: store, reason, key: key, "a fault was injected")
    case .crash, .crashAfterwards: throw StoreError(store: store, .unreachable, key: key, "the program is gone")
    case .delay(let duration):
      await delay(duration)
      return try await next()
    case .hang:
      try? await Task.sleep(for: .seconds(86_400))
      throw StoreError(store: store, .cancelled, key: key, "cancelled")
    case .lose, nil: return try await next()
    }
  }
}

private struct FaultyDownload: ObjectDownload {
  let inner: any ObjectDownload
  let key: ObjectKey
  let faults: Faults

  func next() async throws(StoreError) -> [UInt8]? {
    try await faults.chunk(key) { () throws(StoreError) in try await inner.next() }
  }
  func close() async { await inner.close() }
}

private struct FaultyUpload: ObjectUpload {
  let inner: any ObjectUpload
  let key: ObjectKey
  let faults: Faults

  func write(_ chunk: [UInt8]) async throws(StoreError) {
    try await faults.carryOut(.write, key, bytes: chunk.count, lost: ()) { () throws(StoreError) in try await inner.write(chunk) }
  }
  func finish() async throws(StoreError) {
    try await faults.carryOut(.finish, key, lost: ()) { () throws(StoreError) in try await inner.finish() }
  }
  func abort() async {
    try? await faults.carryOut(.abort, key, lost: ()) { () throws(StoreError) in await inner.abort() }
  }
}
