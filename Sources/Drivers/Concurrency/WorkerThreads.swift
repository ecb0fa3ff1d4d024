internal import Glibc

/// Threads that take work from one queue, in the order it came. They live until `stop`, and do what was enqueued before it.
///
/// The threads hold this object; its owner holds a handle (`ThreadExecutor`, `BlockingPool`) whose end calls `stop`.
final class WorkerThreads<Work: Sendable>: Sendable {
  private struct State {
    var queue: [Work] = []
    var head = 0
    var stopped = false

    mutating func next() -> Work? {
      guard head < queue.count else { return nil }
      let work = queue[head]
      head += 1
      if head == queue.count { queue.removeAll(keepingCapacity: head <= 1_024); head = 0 }
      return work
    }
  }

  private let state = Lock(State())
  private let perform: @Sendable (Work) -> Void
  // Its calls are thread-safe; the pointer never changes.
  private nonisolated(unsafe) let wakeUps: UnsafeMutablePointer<sem_t>
  private let count: Int

  init(count: Int, perform: @escaping @Sendable (Work) -> Void) {
    self.count = count
    self.perform = perform
    wakeUps = .allocate(capacity: 1)
    wakeUps.initialize(to: sem_t())
    sem_init(wakeUps, 0, 0)
    for _ in 0..<count { startThread { self.loop() } }
  }

  deinit {
    sem_destroy(wakeUps)
    wakeUps.deallocate()
  }

  func enqueue(_ work: Work) {
    state.withLock { $0.queue.append(work) }
    sem_post(wakeUps)
  }

  /// Lets the threads end once the queue is empty; what a last piece of work enqueues is still done.
  func stop() {
    state.withLock { $0.stopped = true }
    for _ in 0..<count { sem_post(wakeUps) }
  }

  private func loop() {
    while true {
      while sem_wait(wakeUps) != 0 {}
      while let work = state.withLock({ $0.next() }) { perform(work) }
      // Work that came in between has its own wake-up, so nothing is left behind: a thread only ends on an empty queue.
      if state.withLock({ $0.stopped && $0.head == $0.queue.count }) { return }
    }
  }
}

/// What a new thread is to run, handed over as a retained reference.
private final class ThreadStart: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Starts a detached thread. Where the system refuses one for a whole second, the program ends with words: without the thread
/// the work handed to it would be waited for without end, and a run can be resumed.
private func startThread(_ body: @escaping @Sendable () -> Void) {
  let start = Unmanaged.passRetained(ThreadStart(body))
  for _ in 0..<100 {
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, { context in
      if let context { Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }, start.toOpaque())
    if code == 0 {
      pthread_detach(thread)
      return
    }
    usleep(10_000)
  }
  fatalError("cannot start a thread: the limit on processes or memory of this user is reached (see 'ulimit -u'); raise it and resume the run")
}
