import Scheduling

/// A small random plan as its author would think of it, all times in whole seconds. It is handed to the product as text only, so that reading,
/// typing and arithmetic are tested in one; the brute force works on these numbers.
struct BruteForcePlan {
  struct Store { var site: Int?; var keys: (site: Int?, isLost: Bool)? }
  /// What an author says of a phase: nothing, a time, or a rate of a size.
  enum Pace { case unsaid, takes(Int), rate(Int) }
  struct Protection {
    var every, jitter, misses, timeout, retries: Int
    var store: Int
    var copies: [Int]
    var keep: Int?
    /// Until the point is complete in its store, and from there to a copy: what the author estimates, or all attempts up to their time-outs.
    var run, copy: Int
    var stores: [Int] { [store] + copies }
    var cycle: Int { copies.isEmpty ? run : run + copy }
  }
  /// Base backups and WAL.
  struct Archive {
    var base, jitter, misses, timeout: Int
    var hasBreak: Bool
    var stores: [Int]
    var keep: Int?
    /// Until a base backup ends, and from the end of a segment until it has arrived: what the author estimates.
    var run, upload: Int
    /// Every so many seconds a segment is full; nil: nobody knows.
    var fill: Int?
    /// More is written than can be pushed.
    var isOutpaced = false
    var cycle: Int { (misses + 1) * max(base, run) + jitter + run + upload + timeout }
  }
  struct Replica { var server, lag: Int }
  struct DataClass {
    var servers: [Int]
    var priority: Int
    var dump, upload, copy: Pace
    var protections: [Protection]
    var archive: Archive?
    var replica: Replica?
    var count: Int { protections.count + (archive == nil ? 0 : 1) + (replica == nil ? 0 : 1) }
  }
  struct Step {
    var needs: [Int]
    var timeout, retries: Int
    var estimate: Int?
    /// Restores this class.
    var restores: Int?
    var needsChoice = false
    /// How much it takes of each limit.
    var uses = Array(repeating: 0, count: BruteForcePlan.limits.count)
  }
  struct Scenario {
    var sites: [Int] = [], servers: [Int] = [], stores: [Int] = []
    var corrupts: (dataClasses: [Int], noticed: Int)?
    /// A probe with period and time-out that has to fail for so long, or a person.
    var probe: (every: Int, timeout: Int, failing: Int)?
    /// So many of so many failures, in place of a time.
    var failures: (least: Int, all: Int)?
    var evaluate: Int?
    var person, decide: Int?
    var steps: [Step]
    var choice: Choice?
  }
  static let sites = ["east", "west", "north"]
  static let servers = ["pg-east", "pg-west"]
  /// Two of turns, one of a link in MB/s.
  static let limits = ["gate", "desk", "link"]
  static let priorities = ["low", "medium", "high", "critical"]
  var stores: [Store]
  var dataClasses: [DataClass]
  var scenario: Scenario
  var width: Int
  /// What there is of each limit; nil: the plan does not have it.
  var capacities: [Int?] = Array(repeating: nil, count: BruteForcePlan.limits.count)
  /// Every protection with the number of its class.
  var protections: [(dataClass: Int, protection: Protection)] {
    dataClasses.indices.flatMap { number in dataClasses[number].protections.map { (number, $0) } }
  }
}

// MARK: What the author's numbers mean

extension BruteForcePlan {
  /// Attempt after attempt, with pauses that double.
  static func allAttempts(_ timeout: Int, _ retries: Int) -> Int {
    var (sum, pause) = (timeout, 1)
    for _ in 0..<retries { sum += pause + timeout; pause = min(60, pause * 2) }
    return sum
  }

  func isLost(_ store: Int) -> Bool {
    let one = stores[store]
    if scenario.stores.contains(store) || (one.site.map(scenario.sites.contains) ?? false) { return true }
    return one.keys.map { $0.isLost || ($0.site.map(scenario.sites.contains) ?? false) } ?? false
  }

  func isServerLost(_ server: Int) -> Bool { scenario.servers.contains(server) || scenario.sites.contains(server) }

  /// Whether anything that protects the class survives and is of help.
  func survives(_ dataClass: Int) -> Bool {
    let one = used(dataClass)
    let stores = one.protections.flatMap(\.stores) + (one.archive.map { $0.isOutpaced ? [] : $0.stores } ?? [])
    return stores.contains { !isLost($0) } || helpingReplica(of: dataClass) != nil
  }

  /// A class without what the steps do not bring it back from: a step that restores reads points.
  func used(_ dataClass: Int) -> DataClass {
    var one = dataClasses[dataClass]
    guard !one.protections.isEmpty, scenario.steps.contains(where: { $0.restores == dataClass }) else { return one }
    (one.archive, one.replica) = (nil, nil)
    return one
  }

  /// A replica that survives, and that no corruption has reached.
  func helpingReplica(of dataClass: Int) -> Replica? {
    guard let replica = used(dataClass).replica, !isServerLost(replica.server), harm(to: dataClass)?.isCorrupted == false else { return nil }
    return replica
  }

  /// Nil: it is not touched. Else how long a corruption goes unnoticed; 0 for data that is gone.
  func harm(to dataClass: Int) -> (isCorrupted: Bool, unnoticed: Int)? {
    if let corrupts = scenario.corrupts, corrupts.dataClasses.contains(dataClass) { return (true, corrupts.noticed) }
    let isGone = dataClasses[dataClass].servers.contains { scenario.servers.contains($0) || scenario.sites.contains($0) }
    return isGone ? (false, 0) : nil
  }
}

// MARK: At random

extension BruteForcePlan {
  /// - Parameter isSharing: whether steps may share limits.
  init(seed: Int, isSharing: Bool = true) {
    var random = SplitMix64(seed: "brute force \(seed)")
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func some(of count: Int, _ percent: Int) -> [Int] { (0..<count).filter { _ in chance(percent) } }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let sites = Self.sites.count
    stores = (0..<4).map { number in
      Store(site: chance(85) ? number % sites : nil, keys: chance(15) ? (chance(50) ? Int.random(in: 0..<sites, using: &random) : nil, chance(20)) : nil)
    }
    let severalStores = chance(30)
    dataClasses = (0..<(chance(40) ? number(2...3) : 1)).map { _ in
      let dump: Pace = chance(15) ? .unsaid : chance(20) ? .rate(number(1...12)) : .takes(number(1...12))
      let upload: Pace = chance(30) ? .unsaid : .takes(number(0...5))
      let copy: Pace = chance(20) ? .unsaid : .takes(number(1...10))
      let protections = (0..<(chance(8) ? 0 : chance(25) ? 2 : 1)).map { _ in
        let (timeout, retries) = (number(1...15), chance(30) ? number(1...2) : 0)
        let store = number(0...3)
        let copies = (0..<4).filter { $0 != store }.filter { _ in chance(severalStores ? 80 : 25) }
        let longest = Self.allAttempts(timeout, retries)
        return Protection(
          every: number(5...60), jitter: chance(50) ? number(1...6) : 0, misses: chance(30) ? number(1...2) : 0, timeout: timeout, retries: retries,
          store: store, copies: copies, keep: chance(40) ? number(20...600) : nil,
          run: dump.seconds.map { $0 + (upload.seconds ?? 0) } ?? longest, copy: copy.seconds ?? longest)
      }
      var data = DataClass(servers: chance(20) ? [0, 1] : [number(0...1)], priority: number(0...3), dump: dump, upload: upload, copy: copy, protections: protections)
      if chance(30) {
        data.archive = Archive(
          base: number(10...80), jitter: chance(30) ? number(1...6) : 0, misses: chance(20) ? number(1...2) : 0, timeout: number(1...20), hasBreak: chance(40),
          stores: chance(30) ? [number(0...1), number(2...3)] : [number(0...3)], keep: chance(40) ? number(20...600) : nil, run: number(1...15), upload: number(0...6))
        if chance(50) { data.protections = [] }
        if chance(30) { data.archive?.fill = [1, 2, 4, 8, 16].randomElement(using: &random); data.archive?.isOutpaced = chance(20) }
      }
      if chance(25) {
        data.servers = [0, 1]
        data.replica = Replica(server: number(0...1), lag: number(0...20))
        if chance(40) { (data.protections, data.archive) = ([], nil) }
      }
      return data
    }
    scenario = Scenario(sites: some(of: sites, 35), servers: some(of: 2, 25), stores: some(of: 4, 8), steps: [])
    if chance(30) { scenario.corrupts = (some(of: dataClasses.count, 70), number(0...60)) }
    if scenario.corrupts?.dataClasses.isEmpty ?? false { scenario.corrupts = nil }
    if chance(50) { scenario.probe = (number(1...15), number(1...5), number(0...20)) } else if chance(70) { scenario.person = number(0...30) }
    if chance(50) { scenario.decide = number(0...20) }
    let classCount = dataClasses.count
    scenario.steps = (0..<number(1...7)).map { step in
      Step(
        needs: (0..<step).filter { _ in chance(30) }, timeout: number(1...20), retries: chance(30) ? number(1...2) : 0, estimate: chance(60) ? number(1...20) : nil,
        restores: chance(25) ? number(0...(classCount - 1)) : nil)
    }
    width = number(1...4)
    if chance(50), scenario.steps.count > 2 { addChoice(&random) }
    if scenario.probe != nil {
      if chance(40) { scenario.failures = { (least: number(1...$0), all: $0) }(number(1...8)) }
      if chance(30) { scenario.evaluate = number(1...10) }
    }
    if isSharing, chance(50) {
      capacities = Self.limits.map { _ in chance(50) ? number(1...4) : nil }
      for step in scenario.steps.indices {
        scenario.steps[step].uses = capacities.map { capacity in capacity.map { chance(50) ? number(1...$0) : 0 } ?? 0 }
      }
    }
  }
}

extension BruteForcePlan.Pace {
  var seconds: Int? { switch self { case .unsaid: nil; case .takes(let time), .rate(let time): time } }
}

// MARK: As text

extension BruteForcePlan {
  var text: String {
    func list(_ numbers: [Int], _ name: (Int) -> String) -> String { "[" + numbers.map(name).joined(separator: ", ") + "]" }
    func amounts(_ amounts: [Int]) -> String {
      zip(Self.limits, amounts).compactMap { name, amount in amount == 0 ? nil : "\(name): \(amount)\(name == "link" ? "MB/s" : "")" }.joined(separator: ", ")
    }
    func site(_ number: Int?) -> String { number.map { ", site: \(Self.sites[$0])" } ?? "" }
    var text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: brute-force }
      objectives: { rto: 1s, rpo: 1s }
      sites: { east: {}, west: {}, north: {} }
      servers:
        pg-east: { postgresql: { url: { secret: url } }, site: east }
        pg-west: { postgresql: { url: { secret: url } }, site: west }
      limits: { \(amounts(capacities.map { $0 ?? 0 })) }
      probes:
        ready: { http: { url: "http://localhost/ready" }, every: \(scenario.probe?.every ?? 30)s, timeout: \(scenario.probe?.timeout ?? 5)s }
      secrets:
        url: { env: URL }

      """
    for (number, store) in stores.enumerated() { if let keys = store.keys { text += "  keys\(number): { env: KEYS\(site(keys.site)) }\n" } }
    text += "stores:\n"
    for (number, store) in stores.enumerated() {
      let kind = store.keys == nil ? "directory: { path: s\(number) }" : "s3: { bucket: bucket-\(number), credentials: { secret: keys\(number) } }"
      text += "  s\(number): { \(kind)\(site(store.site)) }\n"
    }
    text += "data:\n"
    for (number, data) in dataClasses.enumerated() {
      text += "  c\(number):\n    on: \(list(data.servers) { Self.servers[$0] })\n    priority: \(Self.priorities[data.priority])\n"
      let paces = [("dump", data.dump), ("upload", data.upload), ("copy", data.copy)].compactMap { name, pace in
        switch pace {
        case .unsaid: nil as String?
        case .takes(let seconds): "\(name): \(seconds)s"
        case .rate(let seconds): "size: \(seconds * 20)MB, \(name): 20MB/s"
        }
      }
      let estimates = paces + (data.archive.map { ["base: \($0.run)s", "wal: \($0.upload)s"] } ?? [])
        + (data.archive?.fill.map { ["walRate: \(16 / $0)MiB/s", "walPush: \((data.archive?.isOutpaced ?? false) ? "500KiB/s" : "20MiB/s")"] } ?? [])
      if !estimates.isEmpty { text += "    estimate: { \(estimates.joined(separator: ", ")) }\n" }
      if data.count > 0 { text += "    protect:\n" }
      for (place, one) in data.protections.enumerated() {
        text += "      p\(place): { logical: {}, every: \(one.every)s, to: [s\(one.store)], copy: \(list(one.copies) { "s\($0)" }), timeout: \(one.timeout)s"
        text += ", retries: \(one.retries), misses: \(one.misses)"
        if one.jitter > 0 { text += ", jitter: \(one.jitter)s" }
        if let keep = one.keep { text += ", keep: { for: \(keep)s }" }
        text += " }\n"
      }
      if let archive = data.archive {
        text += "      archive: { wal: { base: \(archive.base)s, timeout: \(archive.timeout)s, misses: \(archive.misses), jitter: \(archive.jitter)s"
        text += archive.hasBreak ? ", break: true }" : " }"
        text += ", to: \(list(archive.stores) { "s\($0)" })" + (archive.keep.map { ", keep: { for: \($0)s }" } ?? "") + " }\n"
      }
      if let replica = data.replica { text += "      standby: { replica: { server: \(Self.servers[replica.server]), maxLag: \(replica.lag)s } }\n" }
    }
    text += "scenarios:\n  bad:\n    loses: { sites: \(list(scenario.sites) { Self.sites[$0] }), servers: \(list(scenario.servers) { Self.servers[$0] })"
    let keys = stores.indices.filter { stores[$0].keys?.isLost ?? false }
    text += ", stores: \(list(scenario.stores) { "s\($0)" }), secrets: \(list(keys) { "keys\($0)" }) }\n"
    if let corrupts = scenario.corrupts { text += "    corrupts: { data: \(list(corrupts.dataClasses) { "c\($0)" }), noticedWithin: \(corrupts.noticed)s }\n" }
    if let probe = scenario.probe {
      let condition = scenario.failures.map { "failures: { atLeast: \($0.least), of: \($0.all) }" } ?? "failing: \(probe.failing)s"
      text += "    detect: { probe: ready, \(condition)" + (scenario.evaluate.map { ", evaluate: \($0)s" } ?? "") + " }\n"
    }
    if let person = scenario.person { text += "    detect: { noticedWithin: \(person)s }\n" }
    if let decide = scenario.decide { text += "    decide: \(decide)s\n" }
    text += "    steps:\n"
    for (number, step) in scenario.steps.enumerated() {
      let indent = choiceText(before: number, &text)
      let kind = step.restores.map { "postgresql.restore: { data: c\($0), server: pg-west }" } ?? "command.run: { run: [a], undo: [b] }"
      text += "\(indent)t\(number): { \(kind), timeout: \(step.timeout)s, retries: \(step.retries), needs: [\((step.needs.map { "t\($0)" } + (step.needsChoice ? ["recover"] : [])).joined(separator: ", "))]"
      if let estimate = step.estimate { text += ", estimate: \(estimate)s" }
      if step.uses.contains(where: { $0 > 0 }) { text += ", uses: { \(amounts(step.uses)) }" }
      text += " }\n"
    }
    return text
  }
}
