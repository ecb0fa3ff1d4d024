import Scheduling
import Testing
import Units

@Suite("The scheduler")
struct SchedulerTests {
  @Test("starts by priority, then longest remaining path, then declaration")
  func preference() throws {
    var sample = try Sample([1, 1, 1, 5, 1], edges: [(2, 3)], width: 1)
    sample.items[4].priority = 1
    var scheduler = sample.scheduler()
    var order: [Int] = []
    while let step = scheduler.next().first { order.append(step); scheduler.finished(step) }
    #expect(order == [4, 2, 3, 0, 1])
  }

  @Test("column of starts: width, needs, and what never gets ready")
  func column() throws {
    var scheduler = try Sample([3, 1, 1, 1], edges: [(0, 2), (1, 2), (1, 3)], width: 2).scheduler()
    #expect(scheduler.next() == [0, 1])
    #expect(scheduler.next() == [])
    scheduler.finished(1)
    #expect(scheduler.next() == [3])
    scheduler.withdrawn(0)
    #expect(scheduler.next() == [])
    #expect(!scheduler.isIdle)
    scheduler.finished(3)
    #expect(scheduler.next() == [])
    #expect(scheduler.isIdle)
  }

  @Test("steps already finished are not started, and what needs only them is ready")
  func resumed() throws {
    let sample = try Sample([1, 1, 1, 1], edges: [(0, 1), (1, 2), (0, 3)], width: 4)
    var scheduler = Scheduler(graph: sample.graph, items: sample.items, width: 4, capacities: [], finished: [1, 0])
    #expect(scheduler.next() == [2, 3])
  }

  @Test("a step that was withdrawn while ready is not started")
  func withdrawnWhileReady() throws {
    var scheduler = try Sample([1, 1], width: 2).scheduler()
    scheduler.withdrawn(0)
    #expect(scheduler.next() == [1])
  }

  @Test("others pass a step that waits for a resource, but do not take it away from higher priority")
  func claims() throws {
    var sample = try Sample(
      [9, 9, 9, 9], width: 4, capacities: [10], uses: [0: [0: 6], 1: [0: 6], 2: [0: 3]])
    #expect(sample.scheduler().starts() == [0, 2, 3])
    sample.items[1].priority = 5
    sample.items[0].priority = 6
    #expect(sample.scheduler().starts() == [0, 3], "what step 1 lacks is kept for it")
  }

  @Test("a demand above what there is runs alone")
  func clamped() throws {
    let sample = try Sample([2, 2], width: 2, capacities: [5], uses: [0: [0: 50], 1: [0: 1]])
    #expect(sample.timeline().seconds == [[0, 2], [2, 4]])
  }
}

extension Scheduler {
  func starts() -> [Int] {
    var copy = self
    return copy.next()
  }
}
