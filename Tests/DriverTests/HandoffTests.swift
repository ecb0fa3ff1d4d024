import Concurrency
import Testing

@Suite("Handing chunks from task to task", .timeLimit(.minutes(10)))
struct HandoffTests {
  private struct Broke: Error, Equatable {}

  @Test("everything arrives in order, and no more than one chunk lies between the two")
  func order() async throws {
    let handoff = Handoff<Int>()
    let given = Lock(0)
    let taking = Task {
      var all: [Int] = []
      while let chunk = try await handoff.take() {
        all.append(chunk)
        #expect(given.withLock { $0 } <= all.count + 2)
        if chunk % 20 == 0 { try await Task.sleep(for: .milliseconds(1)) }
      }
      return all
    }
    for number in 0..<300 {
      given.withLock { $0 = number }
      try await handoff.give(number)
    }
    handoff.end()
    #expect(try await taking.value == Array(0..<300))
    #expect(try await handoff.take() == nil)
  }

  @Test("an end with an error reaches whoever waits, and whoever comes later")
  func failure() async throws {
    let handoff = Handoff<Int>()
    let taking = Task { try await handoff.take() }
    try await Task.sleep(for: .milliseconds(10))
    handoff.end(.failure(Broke()))
    await #expect(throws: Broke()) { try await taking.value }
    await #expect(throws: Broke()) { try await handoff.give(1) }
    handoff.end()
    await #expect(throws: Broke()) { try await handoff.take() }
  }

  @Test("a taker that wants no more stops a giver that waits")
  func unwanted() async throws {
    let handoff = Handoff<Int>()
    try await handoff.give(1)
    let giving = Task { try await handoff.give(2) }
    try await Task.sleep(for: .milliseconds(10))
    handoff.end()
    await #expect(throws: CancellationError.self) { try await giving.value }
    #expect(try await handoff.take() == 1)
  }

  @Test("cancelling one side's task wakes both")
  func cancelled() async throws {
    let handoff = Handoff<Int>()
    let taker = Task { try await handoff.take() }
    try await Task.sleep(for: .milliseconds(10))
    taker.cancel()
    await #expect(throws: CancellationError.self) { try await taker.value }
    await #expect(throws: CancellationError.self) { try await handoff.give(1) }
  }
}
