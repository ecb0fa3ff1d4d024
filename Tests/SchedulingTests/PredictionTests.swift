import Scheduling
import Testing
import Units

@Suite("Prediction")
struct PredictionTests {
  @Test("column of timelines, with the critical path and each link's reason")
  func column() throws {
    let needs = try Sample([2, 3, 4], edges: [(0, 2), (1, 2)], width: 4).timeline()
    #expect(needs.seconds == [[0, 2], [0, 3], [3, 7]])
    #expect(needs.criticalPath == [1, 2])
    #expect(needs.entries.map(\.reason) == [.atOnce, .atOnce, .needs(1)])

    let width = try Sample([2, 3, 4], width: 1).timeline()
    #expect(width.seconds == [[7, 9], [4, 7], [0, 4]])
    #expect(width.criticalPath == [2, 1, 0])
    #expect(width.entries[0].reason == .width(after: 1))

    let resource = try Sample([2, 3, 4], width: 3, capacities: [1], uses: [0: [0: 1], 1: [0: 1]]).timeline()
    #expect(resource.seconds == [[3, 5], [0, 3], [0, 4]])
    #expect(resource.criticalPath == [1, 0])
    #expect(resource.entries[0].reason == .resource(0, after: 1))

    #expect(try Sample([], width: 2).timeline() == Timeline(entries: [], end: .zero, criticalPath: []))
    #expect(try Sample([0, 0, 0], edges: [(0, 1), (1, 2)], width: 1).timeline().criticalPath == [0, 1, 2])
  }

  @Test("keeps what a list schedule promises, in random worlds", arguments: 0..<200)
  func properties(seed: Int) throws {
    let sample = try Sample(seed: seed)
    let timeline = sample.timeline()
    let graph = sample.graph
    for step in 0..<graph.count {
      let entry = timeline.entries[step]
      #expect(entry.end - entry.start == sample.items[step].duration)
      for before in graph.predecessors(of: step) { #expect(timeline.entries[before].end <= entry.start) }
      let readyAt = graph.predecessors(of: step).map { timeline.entries[$0].end }.max() ?? .zero
      checkLimits(sample, timeline, at: entry.start)
      if readyAt < entry.start { checkWait(sample, timeline, step, from: readyAt) }
    }
    checkCriticalPath(sample, timeline)
  }

  /// Steps of no duration take no place at any instant that can be looked at.
  private func running(_ timeline: Timeline, at moment: TimeSpan) -> [Int] {
    timeline.entries.indices.filter { timeline.entries[$0].start <= moment && moment < timeline.entries[$0].end }
  }

  private func checkLimits(_ sample: Sample, _ timeline: Timeline, at moment: TimeSpan) {
    let running = running(timeline, at: moment)
    #expect(running.count <= sample.width)
    for resource in sample.capacities.indices {
      #expect(running.reduce(0) { $0 + sample.amount($1, resource) } <= sample.capacities[resource])
    }
  }

  /// While a ready step waits, there is no room for it, or it would take what a more important one lacks.
  private func checkWait(_ sample: Sample, _ timeline: Timeline, _ step: Int, from readyAt: TimeSpan) {
    for second in stride(from: readyAt.milliseconds, to: timeline.entries[step].start.milliseconds, by: 1_000) {
      let running = running(timeline, at: .milliseconds(second))
      let short = sample.capacities.indices.contains { resource in
        running.reduce(0) { $0 + sample.amount($1, resource) } + sample.amount(step, resource) > sample.capacities[resource]
      }
      let moreImportantWaits = timeline.entries.indices.contains { other in
        sample.items[other].priority > sample.items[step].priority && timeline.entries[other].start.milliseconds > second
          && sample.capacities.indices.contains { sample.amount(other, $0) > 0 && sample.amount(step, $0) > 0 }
      }
      #expect(running.count >= sample.width || short || moreImportantWaits, "step \(step) waits at \(second) for nothing")
    }
  }

  private func checkCriticalPath(_ sample: Sample, _ timeline: Timeline) {
    let path = timeline.criticalPath
    #expect(path.first.map { timeline.entries[$0].start } == .zero)
    #expect(path.last.map { timeline.entries[$0].end } == timeline.end)
    for (before, after) in zip(path, path.dropFirst()) {
      #expect(timeline.entries[after].reason.predecessor == before)
      #expect(timeline.entries[before].end == timeline.entries[after].start)
    }
    let sum = path.reduce(TimeSpan.zero) { $0 + sample.items[$1].duration }
    #expect(sum == timeline.end, "the durations on the critical path add up to the end")
  }

  @Test("is never better than the best of all orders, and within twice of it where only the width is short", arguments: 0..<40)
  func bruteForce(seed: Int) throws {
    let sample = try Sample(seed: seed, most: 6, resources: false)
    let best = bestOfAllOrders(sample)
    let end = sample.timeline().end
    #expect(best <= end)
    #expect(sample.bounds().lower <= best)
    let places = Int64(sample.width)
    #expect(end * places <= best * (2 * places - 1), "Graham: at most 2 - 1/P times the optimum")
  }

  /// Every order of preference, tried: list schedules without resources contain an optimal one.
  private func bestOfAllOrders(_ sample: Sample) -> TimeSpan {
    var best = TimeSpan.longest
    for order in permutations(sample.graph.count) {
      var ranked = sample
      for (rank, step) in order.enumerated() { ranked.items[step].priority = -rank }
      best = min(best, ranked.timeline().end)
    }
    return best
  }

  private func permutations(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(count - 1).flatMap { rest in
      (0..<count).map { place in Array(rest[..<place]) + [count - 1] + Array(rest[place...]) }
    }
  }

  @Test("a hundred thousand steps are scheduled in one go")
  func large() throws {
    var random = SplitMix64(seed: 1)
    let count = 100_000
    let edges = (0..<300_000).map { _ in
      let (a, b) = (Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
      return a < b ? (from: a, to: b) : (from: b, to: a)
    }.filter { $0.from != $0.to }
    let graph = try StepGraph(count: count, edges: edges)
    let items = (0..<count).map { step in
      SchedulingItem(duration: .seconds(Int64(step % 97)), priority: step % 3, uses: step % 5 == 0 ? [0: Int64(step % 4)] : [:])
    }
    let timeline = predict(graph: graph, items: items, width: 64, capacities: [40])
    #expect(timeline.entries.count == count)
    #expect(timeline.end >= bounds(graph: graph, items: items, width: 64, capacities: [40]).lower)
  }
}
