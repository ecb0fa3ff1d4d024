public import PlanModel
public import ProviderInterface
public import Units

/// What has happened, as a watch is told.
public enum WatchInput: Hashable, Sendable {
  case record(WatchRecord)
  case timePassed
  /// The run of a triggered scenario is about to begin under this name.
  case runNamed(ScenarioName, RunID)
  case runBegan(ScenarioName, RunID)
  /// A run of somebody else is against the same disaster.
  case foundRun(ScenarioName, RunID, who: String)
  case runEnded(ScenarioName, RunID, String)
  case startFailed(ScenarioName, String)
}

/// What is to be done now, in order.
public enum WatchAction: Hashable, Sendable {
  /// Make the state durable before anything that follows.
  case keep
  case tell(WatchEvent)
  /// Start the scenario: name its run, plan, and carry it out.
  case start(ScenarioName)
}

/// Decides what triggers when. Values in, values out: time is handed in, and nothing here waits.
public struct WatchMachine: Sendable {
  public let scenarios: [WatchedScenario]
  public private(set) var state: WatchState
  /// The last word on each probe by place, to tell of changes only.
  private var lastWords: [ProbeName: [String: ProbeAnswer.Outcome]] = [:]
  private var toldToWait: Set<ScenarioName> = []
  /// By which multiple of its `evaluate` each rule was looked at.
  private var evaluated: [ScenarioName: Int64] = [:]
  private var counted: [ScenarioName: Timestamp] = [:]

  /// `former`: what was remembered, if anything was.
  public init(_ scenarios: [WatchedScenario], plan: String, former: WatchState? = nil) {
    self.scenarios = scenarios
    state = WatchState(plan: plan)
    for scenario in scenarios {
      let trigger = scenario.trigger.digestText
      var memory = ScenarioMemory(trigger: trigger)
      if let known = former?.scenarios[scenario.name] {
        if known.trigger == trigger { memory = known } else {
          // Another rule now: what was seen says nothing of it, but what was done was done.
          (memory.lastTriggered, memory.incident) = (known.lastTriggered, known.incident)
          memory.isArmed = known.isArmed
        }
      }
      state.scenarios[scenario.name] = memory
    }
  }

  public func memory(_ scenario: ScenarioName) -> ScenarioMemory? { state.scenarios[scenario] }
  /// The last word on each probe, by place.
  public var words: [(probe: ProbeName, place: String, outcome: ProbeAnswer.Outcome)] {
    lastWords.keys.sorted().flatMap { probe in
      (lastWords[probe] ?? [:]).sorted { $0.key < $1.key }.map { (probe, $0.key, $0.value) }
    }
  }

  public mutating func handle(_ input: WatchInput, at now: Timestamp) -> [WatchAction] {
    switch input {
    case .record(.answer(let answer)): return take(answer) + look(at: now, because: answer.probe)
    case .record(.alert(let news)): return take(news) + look(at: now, because: nil)
    case .timePassed: return look(at: now, because: nil)
    case .runNamed(let scenario, let run):
      state.scenarios[scenario]?.incident?.run = run
      return [.keep]
    case .runBegan(let scenario, let run):
      let goesOn = state.scenarios[scenario]?.incident?.course == .running
      state.scenarios[scenario]?.incident?.course = .running
      state.scenarios[scenario]?.incident?.run = run
      return [.keep, .tell(goesOn ? .goesOn(scenario, run) : .begins(scenario, run))]
    case .foundRun(let scenario, let run, let who):
      close(scenario, run, "was started by \(who)")
      return [.keep, .tell(.startedByHand(scenario, run, who: who))]
    case .runEnded(let scenario, let run, let how):
      close(scenario, run, how)
      return [.keep, .tell(.ended(scenario, run, how))]
    case .startFailed(let scenario, let why):
      close(scenario, nil, "could not be started: \(why)")
      return [.keep, .tell(.startFailed(scenario, why))]
    }
  }

  /// When it wants to be told that time has passed, if nothing else happens before.
  public func nextLook(after now: Timestamp) -> Timestamp? {
    var times: [Timestamp] = []
    for scenario in scenarios {
      guard let memory = state.scenarios[scenario.name] else { continue }
      if let last = memory.lastTriggered, last + scenario.coolDown > now { times.append(last + scenario.coolDown) }
      guard case .probe(let rule) = scenario.trigger else { continue }
      if let evaluate = rule.evaluate {
        let step = max(1, evaluate.milliseconds)
        times.append(Timestamp(milliseconds: (now.milliseconds / step + 1) * step))
      } else {
        times += rule.places.compactMap { memory.places[key($0)]?.turns(rule, after: now) }
      }
    }
    return times.min()
  }

  /// The scenario whose run is to begin or at work: one at a time.
  public var underWay: ScenarioName? { scenarios.map(\.name).first { [.starting, .running].contains(state.scenarios[$0]?.incident?.course) } }

  // MARK: What is known

  private func key(_ place: SiteName?) -> String { place?.rawValue ?? "" }

  private mutating func take(_ answer: ProbeAnswer) -> [WatchAction] {
    let place = key(answer.place)
    let former = lastWords[answer.probe]?[place]
    lastWords[answer.probe, default: [:]][place] = answer.outcome
    var told: [WatchAction] = []
    switch answer.outcome {
    case .works: if former?.works != true { told = [.tell(.works(answer.probe, answer.place))] }
    case .fails(let why): if former != answer.outcome { told = [.tell(.fails(answer.probe, answer.place, why))] }
    case .notAsked(let why):
      // Says nothing of the service, so no rule hears of it; after a while the place counts as silent.
      return former == answer.outcome ? [] : [.tell(.notAsked(answer.probe, answer.place, why))]
    }
    for scenario in scenarios {
      guard case .probe(let rule) = scenario.trigger, rule.probe == answer.probe, rule.places.contains(answer.place) else { continue }
      state.scenarios[scenario.name]?.places[place, default: PlaceHistory()].take(answer, rule)
    }
    return told
  }

  /// More than so many alerts of one name are one alert all the same.
  private static let mostAlerts = 1_000

  private mutating func take(_ news: AlertNews) -> [WatchAction] {
    var told: [WatchAction] = []
    for scenario in scenarios {
      guard case .alert(news.name) = scenario.trigger, var memory = state.scenarios[scenario.name] else { continue }
      let before = memory.firing.isEmpty
      if !news.isFiring { memory.firing.remove(news.fingerprint) } else if memory.firing.count < Self.mostAlerts { memory.firing.insert(news.fingerprint) }
      state.scenarios[scenario.name] = memory
      guard before != memory.firing.isEmpty else { continue }
      let event: WatchAction = .tell(memory.firing.isEmpty ? .alertIsOver(news.name) : .alertFires(news.name))
      if !told.contains(event) { told.append(event) }
    }
    return told.isEmpty ? [] : [.keep] + told
  }

  // MARK: What follows

  private mutating func look(at now: Timestamp, because probe: ProbeName?) -> [WatchAction] { scenarios.flatMap { look(at: $0, now, because: probe) } }

  private mutating func look(at scenario: WatchedScenario, _ now: Timestamp, because probe: ProbeName?) -> [WatchAction] {
    guard let memory = state.scenarios[scenario.name], isLookedAt(scenario, now, because: probe) else { return [] }
    if !memory.isArmed { return isCalm(scenario, memory, at: now) ? arm(scenario.name) : [] }
    guard let known = holds(scenario, memory, at: now) else {
      toldToWait.remove(scenario.name)
      return count(scenario, memory, now)
    }
    if let last = memory.lastTriggered, now < last + scenario.coolDown {
      return toldToWait.insert(scenario.name).inserted ? [.tell(.heldBack(scenario.name, until: last + scenario.coolDown))] : []
    }
    return trigger(scenario, known, at: now)
  }

  /// With `evaluate` a rule is looked at when its time has come, the first time after each multiple of it, and never between those times.
  private mutating func isLookedAt(_ scenario: WatchedScenario, _ now: Timestamp, because probe: ProbeName?) -> Bool {
    guard case .probe(let rule) = scenario.trigger else { return true }
    guard let evaluate = rule.evaluate else { return probe == nil || probe == rule.probe }
    let tick = now.milliseconds / max(1, evaluate.milliseconds)
    defer { evaluated[scenario.name] = tick }
    return evaluated[scenario.name].map { tick > $0 } ?? (now.milliseconds % max(1, evaluate.milliseconds) == 0)
  }

  /// Since when what triggers was known, or nil where the rule does not hold.
  private func holds(_ scenario: WatchedScenario, _ memory: ScenarioMemory, at now: Timestamp) -> (since: Timestamp, why: String)? {
    switch scenario.trigger {
    case .alert(let name): return memory.firing.isEmpty ? nil : (now, "the alert \(name) fires")
    case .probe(let rule):
      let places = rule.places.filter { memory.places[key($0)]?.holds(rule, at: now) ?? false }
      guard places.count >= rule.agreeing else { return nil }
      let since = places.compactMap { memory.places[key($0)]?.firstFailure }.min() ?? now
      let named = places.compactMap { $0?.rawValue }
      return (since, "\(rule.probe) \(rule.condition.description)" + (named.isEmpty ? "" : ", seen from \(named.joined(separator: ", "))"))
    }
  }

  private func isCalm(_ scenario: WatchedScenario, _ memory: ScenarioMemory, at now: Timestamp) -> Bool {
    guard case .probe(let rule) = scenario.trigger else { return memory.firing.isEmpty }
    let known = rule.places.compactMap { memory.places[key($0)] }.filter { $0.isFresh(rule, at: now) }
    let calm = known.count { $0.isCalm(rule, at: now) }
    return calm > 0 && known.count - calm < rule.agreeing
  }

  private mutating func arm(_ scenario: ScenarioName) -> [WatchAction] {
    let wasAsked = state.scenarios[scenario]?.incident?.course == .asked
    state.scenarios[scenario]?.isArmed = true
    if wasAsked { close(scenario, nil, "was over by itself") }
    return [.keep, .tell(.armed(scenario, wasOpen: wasAsked))]
  }

  private mutating func trigger(_ scenario: WatchedScenario, _ known: (since: Timestamp, why: String), at now: Timestamp) -> [WatchAction] {
    let other = underWay
    let asks = scenario.asks || other != nil
    toldToWait.remove(scenario.name)
    counted[scenario.name] = nil
    state.scenarios[scenario.name]?.isArmed = false
    state.scenarios[scenario.name]?.lastTriggered = now
    state.scenarios[scenario.name]?.incident = Incident(triggered: now, since: known.since, course: asks ? .asked : .starting)
    let told: [WatchAction] = [.keep, .tell(.triggered(scenario.name, why: known.why))]
    guard asks else { return told + [.start(scenario.name)] }
    let because = other.map { "`\($0)` is under way, and two recoveries at once are for people" } ?? "waits for a person, as the plan says"
    return told + [.tell(.asks(scenario.name, because: because))]
  }

  /// Tells once when the rule will hold.
  private mutating func count(_ scenario: WatchedScenario, _ memory: ScenarioMemory, _ now: Timestamp) -> [WatchAction] {
    guard case .probe(let rule) = scenario.trigger, case .failing(let window) = rule.condition else { return [] }
    let times = rule.places.compactMap { place in memory.places[key(place)].flatMap { $0.isFresh(rule, at: now) ? $0.failingSince : nil } }.sorted()
    guard times.count >= rule.agreeing, rule.agreeing > 0 else { counted[scenario.name] = nil; return [] }
    let until = times[rule.agreeing - 1] + window
    guard counted[scenario.name] != until else { return [] }
    counted[scenario.name] = until
    return [.tell(.counting(scenario.name, until: until))]
  }

  private mutating func close(_ scenario: ScenarioName, _ run: RunID?, _ ending: String) {
    state.scenarios[scenario]?.incident?.course = .over
    state.scenarios[scenario]?.incident?.ending = ending
    if let run { state.scenarios[scenario]?.incident?.run = run }
  }

  /// When the rule of a scenario will hold if nothing changes; nil where time alone does not bring it about.
  public func triggersAt(_ scenario: WatchedScenario) -> Timestamp? { state.scenarios[scenario.name]?.isArmed == true ? counted[scenario.name] : nil }
  /// In how many places the rule holds.
  public func places(_ scenario: WatchedScenario, at now: Timestamp) -> Int {
    guard let memory = state.scenarios[scenario.name], case .probe(let rule) = scenario.trigger else { return 0 }
    return rule.places.count { memory.places[key($0)]?.holds(rule, at: now) ?? false }
  }
}
