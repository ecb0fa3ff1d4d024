import Scheduling
import Testing
import Units

@Suite("Bounds of a schedule")
struct BoundsTests {
  @Test("column of bounds and what each rests on")
  func column() throws {
    // Two branches of two steps each: never more than two at once.
    let branches: [(from: Int, to: Int)] = [(0, 1), (2, 3)]
    let wide = try Sample([10, 20, 5, 5], edges: branches, width: 2).bounds()
    #expect(wide.guaranteed == .seconds(30))
    #expect(wide.basis == .longestPath)

    let narrow = try Sample([10, 20, 5, 5], edges: branches, width: 1).bounds()
    #expect(narrow.guaranteed == .seconds(40))
    #expect(narrow.basis == .width)
    #expect(narrow.lower == .seconds(40))

    // Graham: 60 / 2 + (1 - 1/2) * 30.
    let crowded = try Sample([10, 20, 15, 15], edges: [(0, 1)], width: 2).bounds()
    #expect(crowded.basis == .width)
    #expect(crowded.guaranteed == .seconds(45))

    let shared = try Sample([10, 20, 5, 5], edges: branches, width: 9, capacities: [1], uses: [1: [0: 1], 3: [0: 1]]).bounds()
    #expect(shared.basis == .sharedResources)
    #expect(shared.guaranteed == .seconds(40))
    #expect(shared.lower == .seconds(30))

    // The users of the resource stand one after the other: it never makes a step wait.
    let ordered = try Sample([10, 20, 5, 5], edges: branches, width: 9, capacities: [1], uses: [0: [0: 1], 1: [0: 1]]).bounds()
    #expect(ordered.basis == .longestPath)

    // Two restores at 400 on a link of 500 do not take the time of one.
    let link = try Sample([10, 10], width: 2, capacities: [500], uses: [0: [0: 400], 1: [0: 400]]).bounds()
    #expect(link.lower == .seconds(16))
    #expect(link.guaranteed == .seconds(20))
  }

  @Test("unbounded durations stay figures")
  func saturated() throws {
    var sample = try Sample([1, 1], edges: [(0, 1)], width: 1)
    sample.items[0].duration = .longest
    sample.items[1].duration = .longest
    #expect(sample.bounds().guaranteed == .longest)
    #expect(sample.timeline().end == .longest)
  }

  /// R. L. Graham, "Bounds on multiprocessing timing anomalies" (1969), figures 2, 3 and 5: why a simulated schedule is no guarantee.
  @Test("anomalies: one more place, or every step shorter, ends later; the guarantee covers both")
  func anomalies() throws {
    let edges: [(from: Int, to: Int)] = [(0, 8), (3, 4), (3, 5), (3, 6), (3, 7)]
    var sample = try Sample([3, 2, 2, 2, 4, 4, 4, 4, 9], edges: edges, width: 3)
    for step in sample.items.indices { sample.items[step].priority = -step }
    #expect(sample.timeline().end == .seconds(12))

    var wider = sample
    wider.width = 4
    #expect(wider.timeline().end == .seconds(15))

    var shorter = sample
    for step in shorter.items.indices { shorter.items[step].duration = shorter.items[step].duration - .seconds(1) }
    #expect(shorter.timeline().end == .seconds(13))
    #expect(shorter.timeline().end > sample.timeline().end)
    #expect(shorter.timeline().end <= sample.bounds().guaranteed)
  }

  @Test("the guarantee holds for every shorter set of durations, the lower bound for every schedule", arguments: 0..<100)
  func guaranteed(seed: Int) throws {
    let sample = try Sample(seed: seed)
    let bounds = sample.bounds()
    #expect(bounds.lower <= sample.timeline().end)
    #expect(sample.timeline().end <= bounds.guaranteed)
    var random = SplitMix64(seed: UInt64(seed + 1_000_000))
    for _ in 0..<20 {
      var shorter = sample
      for step in shorter.items.indices {
        let most = shorter.items[step].duration.milliseconds
        shorter.items[step].duration = .milliseconds(Int64.random(in: 0...most, using: &random))
      }
      #expect(shorter.timeline().end <= bounds.guaranteed)
    }
  }
}

@Suite("The wait between attempts")
struct BackOffTests {
  @Test("doubles up to a minute, and never leaves its half")
  func waits() {
    let seconds = (1...8).map { BackOff.longest(afterFailure: $0).milliseconds / 1_000 }
    #expect(seconds == [1, 2, 4, 8, 16, 32, 60, 60])
    #expect(BackOff.longest(afterFailure: .max) == .seconds(60))
    for n in 1...9 {
      for seed in 0..<50 {
        let delay = BackOff.delay(afterFailure: n, seed: UInt64(seed))
        #expect(delay <= BackOff.longest(afterFailure: n))
        #expect(delay * 2 >= BackOff.longest(afterFailure: n))
      }
    }
    #expect(BackOff.delay(afterFailure: 3, seed: 7) == BackOff.delay(afterFailure: 3, seed: 7))
    #expect(Set((0..<50).map { BackOff.delay(afterFailure: 7, seed: $0) }).count > 40)
  }

  @Test("adds up to the worst case of a step with retries")
  func worstCase() {
    #expect(BackOff.worstCase(timeout: .seconds(10), retries: 0) == .seconds(10))
    #expect(BackOff.worstCase(timeout: .seconds(10), retries: 2) == .seconds(33))
    #expect(BackOff.worstCase(timeout: .zero, retries: 9) == .seconds(243))
    #expect(BackOff.worstCase(timeout: .longest, retries: .max - 1) == .longest)
  }
}
