internal import Concurrency
internal import ExecutionCore
internal import Journaling

/// Appends to the journal on a thread of its own, as many records at once as have come together meanwhile.
actor Recorder<File: AppendOnlyFile & Sendable> {
  private let executor = ThreadExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let waiting = Lock([Entry]())
  private let (wakeUps, wakeUp) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  private var writer: JournalWriter<File>
  private let isHeld: @Sendable () -> Bool

  /// - Parameter isHeld: whether the lock is still ours; asked before each record.
  init(_ writer: JournalWriter<File>, isHeld: @escaping @Sendable () -> Bool) {
    self.writer = writer
    self.isHeld = isHeld
  }

  /// Takes entries in order; returns at once.
  nonisolated func take(_ entry: Entry) {
    waiting.withLock { $0.append(entry) }
    wakeUp.yield()
  }
  nonisolated func finish() { wakeUp.finish() }

  /// Writes until `finish`, and says what became of each entry.
  func run(_ tell: @escaping @Sendable (Input, Entry?) -> Void) async {
    for await _ in wakeUps {
      let entries = waiting.withLock { entries in
        defer { entries = [] }
        return entries
      }
      guard !entries.isEmpty else { continue }
      guard isHeld() else { return tell(.lockLost(holder: "the state directory was removed or replaced"), nil) }
      do { try writer.append(entries) } catch { return tell(.journalFailed(reason: error.reason), nil) }
      for entry in entries { tell(.recorded, entry) }
    }
  }
}
