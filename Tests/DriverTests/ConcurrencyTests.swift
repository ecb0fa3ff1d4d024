import Concurrency
import Testing

/// An actor on a thread of its own, as a database connection is.
private actor Recorder {
  private let executor: ThreadExecutor
  private var values: [Int] = []
  private let lastWords: @Sendable () -> Void
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(executor: ThreadExecutor, lastWords: @escaping @Sendable () -> Void = {}) {
    self.executor = executor
    self.lastWords = lastWords
  }
  deinit { lastWords() }

  func append(_ value: Int) -> Int {
    values.append(value)
    return values.count
  }

  /// Enqueues `jobs` on its own thread and stops that before any of them could run.
  func enqueueAndStop(jobs: Int, each: @escaping @Sendable (Int) -> Void) {
    for job in 0..<jobs { Task { each(append(job)) } }
    executor.stop()
  }
}

/// Tells, by its own end, when the closure that holds it is let go.
private final class Token: Sendable {
  private let onEnd: @Sendable () -> Void
  init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }
  deinit { onEnd() }
}

private func counts(of recorder: Recorder, tasks: Int) async -> [Int] {
  await withTaskGroup(of: Int.self) { group in
    for value in 0..<tasks { group.addTask { await recorder.append(value) } }
    var counts: [Int] = []
    for await count in group { counts.append(count) }
    return counts.sorted()
  }
}

@Suite("Concurrency", .timeLimit(.minutes(10)))
struct ConcurrencyTests {
  @Test("a lock keeps twenty tasks from losing an increment")
  func lock() async {
    let total = Lock(0)
    await withTaskGroup { group in
      for _ in 0..<20 { group.addTask { for _ in 0..<1_000 { total.withLock { $0 += 1 } } } }
    }
    #expect(total.withLock { $0 } == 20_000)
  }

  @Test("a lock is free again after its body has thrown")
  func lockThrows() {
    let lock = Lock(1)
    #expect(throws: DeadlineExceeded.self) {
      try lock.withLock { (_: inout Int) throws(DeadlineExceeded) in throw DeadlineExceeded(limit: .zero) }
    }
    #expect(lock.withLock { $0 } == 1)
  }

  @Test("an actor on a thread of its own runs every job, one at a time, and its end is no trouble")
  func actorOnThread() async {
    for _ in 0..<50 {
      let (ended, end) = AsyncStream<Void>.makeStream()
      do {
        let recorder = Recorder(executor: ThreadExecutor(), lastWords: { end.finish() })
        #expect(await counts(of: recorder, tasks: 20) == Array(1...20))
      }
      for await _ in ended {}
    }
  }

  @Test("an executor that is stopped still runs what was enqueued before")
  func stopDrains() async {
    let recorder = Recorder(executor: ThreadExecutor())
    let (counts, done) = AsyncStream<Int>.makeStream()
    await recorder.enqueueAndStop(jobs: 5) { count in
      done.yield(count)
      if count == 5 { done.finish() }
    }
    var seen: [Int] = []
    for await count in counts { seen.append(count) }
    #expect(seen == [1, 2, 3, 4, 5])
  }

  @Test("the threads of a pool do what was handed to them, and end, when the pool is gone")
  func poolEnds() async {
    let (ended, end) = AsyncStream<Void>.makeStream()
    let done = Lock(0)
    var pool: BlockingPool? = BlockingPool(threads: 3)
    do {
      let token = Token { end.finish() }
      for _ in 0..<10 {
        await pool?.run { withExtendedLifetime(token) { done.withLock { $0 += 1 } } }
      }
    }
    pool = nil
    for await _ in ended {}
    #expect(done.withLock { $0 } == 10)
  }

  @Test("a pool does as many things at once as it has threads, and hands errors back typed")
  func pool() async {
    let pool = BlockingPool(threads: 4)
    let meeting = Lock(0)
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          // Comes to an end only if all four are on a thread at the same time.
          await pool.run {
            meeting.withLock { $0 += 1 }
            while meeting.withLock({ $0 }) < 4 {}
          }
        }
      }
    }
    await #expect(throws: DeadlineExceeded(limit: .seconds(1))) {
      try await pool.run { () throws(DeadlineExceeded) -> Int in throw DeadlineExceeded(limit: .seconds(1)) }
    }
  }

  @Test("a cancelled caller does not wait for a call that hangs, and work that has not begun never begins")
  func abandoned() async {
    let pool = BlockingPool(threads: 1)
    let (hanging, begun) = (Lock(true), Lock(0))
    let (started, start) = AsyncStream<Void>.makeStream()
    let running = Task {
      try await pool.run(abandonedAs: DeadlineExceeded(limit: .zero)) { () throws(DeadlineExceeded) in
        start.finish()
        while hanging.withLock({ $0 }) {}
      }
    }
    for await _ in started {}
    let waiting = Task {
      try await pool.run(abandonedAs: DeadlineExceeded(limit: .zero)) { () throws(DeadlineExceeded) in begun.withLock { $0 += 1 } }
    }
    for task in [running, waiting] {
      task.cancel()
      await #expect(throws: DeadlineExceeded.self) { try await task.value }
    }
    hanging.withLock { $0 = false }
    await pool.run { begun.withLock { $0 += 10 } }
    #expect(begun.withLock { $0 } == 10)
  }

  @Test("what ends in time is returned, its own error comes through")
  func inTime() async throws {
    #expect(try await withDeadline(.seconds(60)) { 7 } == 7)
    await #expect(throws: CancellationError.self) { try await withDeadline(.seconds(60)) { throw CancellationError() } }
  }

  @Test("what is not done in time is cancelled")
  func tooLate() async {
    await #expect(throws: DeadlineExceeded(limit: .milliseconds(5))) {
      try await withDeadline(.milliseconds(5)) { try await Task.sleep(for: .seconds(600)) }
    }
  }

  @Test("a success that comes in spite of the cancellation counts")
  func successAfterCancellation() async throws {
    let value = try await withDeadline(.milliseconds(1)) {
      try? await Task.sleep(for: .seconds(600))
      return 3
    }
    #expect(value == 3)
  }

  @Test("cancelling the caller cancels the operation, and is not called a deadline")
  func callerCancelled() async {
    let task = Task { try await withDeadline(.seconds(600)) { try await Task.sleep(for: .seconds(600)) } }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
