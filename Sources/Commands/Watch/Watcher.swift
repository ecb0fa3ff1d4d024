internal import ChangePlanning
internal import Concurrency
internal import Diagnostics
internal import ExecutionShell
internal import HTTPClient
internal import HTTPListener
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Units
internal import Watching

/// Feeds the machine with what is seen, and carries out what it says. On a thread of its own: what it remembers is durable before it acts.
actor Watcher {
  private enum Input: Sendable {
    case record(WatchRecord)
    case timePassed
    case signal(Interruption)
    case protected(WatchRuns.Ending)
    case found(ScenarioName, RunID, who: String)
    /// A task that carries out a scenario has come so far.
    case course(WatchInput)
    case recovered(ScenarioName)
  }
  /// A run of ours, and the way to end it early.
  private struct AtWork {
    var task: Task<Void, Never>
    var signals: AsyncStream<Interruption>.Continuation
  }

  private let executor = ThreadExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private nonisolated let inputs: AsyncStream<Input>
  private nonisolated let input: AsyncStream<Input>.Continuation
  private let clock = SystemRunClock()
  private var machine: WatchMachine
  private let files: WatchFiles
  private let runs: WatchRuns
  private let planFile: String
  private let here: SiteName?
  private let rhythm: ProtectionRhythm?

  private var protection: AtWork?
  private var recovery: AtWork?
  private var nextProtection: Timestamp?
  private var lastProblem: [String: String] = [:]
  private var kept = Timestamp(milliseconds: 0)
  private var measured = Timestamp(milliseconds: 0)
  private var looksForRuns = false
  private var lastSignal: Interruption?

  /// So many answers and alerts may wait: more are dropped rather than kept for ever, and the next one says the same.
  private static let mostWaiting = 10_000
  private nonisolated let waiting = Lock(0)

  init(_ machine: WatchMachine, _ files: sending WatchFiles, _ runs: WatchRuns, planFile: String, here: SiteName?, rhythm: ProtectionRhythm?) {
    self.machine = machine; self.files = files; self.runs = runs; self.planFile = planFile; self.here = here; self.rhythm = rhythm
    (inputs, input) = AsyncStream.makeStream(of: Input.self)
  }

  private var plan: Plan { runs.loaded.plan }

  func run(secrets: RememberedSecrets) async throws -> ExitStatus {
    let signals = Task { [input] in for await signal in Signals.stream() { input.yield(.signal(signal)) } }
    defer { signals.cancel() }
    let listener = try await listen(secrets)
    defer { withExtendedLifetime(listener) {} }
    try files.keep(machine.state)
    introduce(isListening: listener != nil)
    // What was under way when an earlier watch ended.
    if let scenario = machine.underWay { startRecovery(scenario) }
    if rhythm != nil { nextProtection = clock.now() }
    let asking = ProbeAsking(plan: plan, secrets: secrets, client: HTTPClient())
    let probers = Task { [clock, here, probes = plan.probes] in
      await Probers(asking, from: here, clock) { self.take(.answer($0)) }.run(probes)
    }
    defer { probers.cancel() }
    let status = await loop()
    probers.cancel()
    return status
  }

  private nonisolated func take(_ record: WatchRecord) {
    let hasRoom = waiting.withLock { waiting in
      guard waiting < Self.mostWaiting else { return false }
      waiting += 1
      return true
    }
    if hasRoom { input.yield(.record(record)) }
  }

  private func loop() async -> ExitStatus {
    var timer: Task<Void, Never>?
    defer { timer?.cancel() }
    input.yield(.timePassed)
    for await next in inputs {
      handle(next)
      if let lastSignal, protection == nil, recovery == nil {
        try? files.keep(machine.state)
        say("ends")
        return machine.underWay == nil ? .done : lastSignal == .terminate ? .terminated : .interrupted
      }
      timer?.cancel()
      timer = wake(at: nextWake(clock.now()))
    }
    return .error
  }

  private func wake(at time: Timestamp) -> Task<Void, Never> {
    Task { [clock, input] in
      guard (try? await clock.sleep(until: time)) != nil else { return }
      input.yield(.timePassed)
    }
  }

  private func nextWake(_ now: Timestamp) -> Timestamp {
    var times = [now + .seconds(5)]
    if let look = machine.nextLook(after: now) { times.append(look) }
    if let nextProtection, protection == nil, recovery == nil { times.append(max(nextProtection, now + .milliseconds(1))) }
    return times.min() ?? now
  }

  // MARK: What comes

  private func handle(_ next: Input) {
    let now = clock.now()
    switch next {
    case .record(let record):
      waiting.withLock { $0 -= 1 }
      if let problem = files.log(record) { complain("log", problem) }
      carryOut(machine.handle(.record(record), at: now))
    case .timePassed: carryOut(machine.handle(.timePassed, at: now))
    case .course(let course): carryOut(machine.handle(course, at: now))
    case .found(let scenario, let run, let who):
      if machine.memory(scenario)?.incident?.course == .asked { carryOut(machine.handle(.foundRun(scenario, run, who: who), at: now)) }
    case .protected(let ending):
      protection = nil
      if case .failed(let why) = ending { complain("protection", why) } else { lastProblem["protection"] = nil }
      nextProtection = rhythm?.next(after: ending.worked ? now : now + ProtectionRhythm.pauseAfterFailure)
      if case .locked = ending { nextProtection = rhythm?.next(after: now) }
    case .recovered:
      recovery = nil
      if let waiting = machine.underWay, lastSignal == nil { startRecovery(waiting) }
      nextProtection = rhythm.map { _ in now }
    case .signal(let signal):
      if lastSignal == nil, protection != nil || recovery != nil { say("ends when what is at work has ended; a second signal cancels it") }
      lastSignal = signal
      protection?.signals.yield(signal)
      recovery?.signals.yield(signal)
    }
    guard lastSignal == nil else { return }
    protectIfDue(now)
    lookForRuns()
    remember(now)
  }

  private func carryOut(_ actions: [WatchAction]) {
    for action in actions {
      switch action {
      case .keep:
        do throws(CommandFailure) { try keep() } catch { complain("state", error.failure.message) }
      case .tell(let event): say(event.text(planFile: planFile))
      case .start(let scenario): if lastSignal == nil { startRecovery(scenario) }
      }
    }
  }

  private func keep() throws(CommandFailure) {
    try files.keep(machine.state)
    kept = clock.now()
    lastProblem["state"] = nil
    measured = Timestamp(milliseconds: 0)
  }

  /// What may be lost by a crash, once a second; what may not be lost is kept when it happens.
  private func remember(_ now: Timestamp) {
    if now - kept >= .seconds(1) { do throws(CommandFailure) { try keep() } catch { complain("state", error.failure.message) } }
    guard let folder = plan.metrics?.value, now - measured >= .seconds(1) else { return }
    measured = now
    let path = (folder.hasPrefix("/") ? folder : "\(runs.loaded.identity.folder)/\(folder)") + "/sie-dr-\(plan.metadata.name)-watch.prom"
    do throws(CommandFailure) {
      try Files.write(Array(machine.metrics(at: now).utf8), to: path, mode: 0o644)
      lastProblem["metrics"] = nil
    } catch { complain("metrics", error.failure.message) }
  }

  // MARK: What is done

  private func protectIfDue(_ now: Timestamp) {
    guard let due = nextProtection, now >= due, protection == nil, recovery == nil, machine.underWay == nil else { return }
    let (signals, signal) = AsyncStream.makeStream(of: Interruption.self)
    let task = Task { [runs, input] in
      let ending = await runs.protect(signals: signals)
      input.yield(.protected(ending))
    }
    protection = AtWork(task: task, signals: signal)
  }

  private func startRecovery(_ scenario: ScenarioName) {
    guard recovery == nil else { return }
    // A backup of what is lost must not stand in the way. It is made anew when it is due.
    let before = protection
    if let before {
      say("\(scenario): protection is at work and gives way")
      before.signals.yield(.terminate)
      before.signals.yield(.terminate)
    }
    let (signals, signal) = AsyncStream.makeStream(of: Interruption.self)
    let task = Task { [input] in
      await before?.task.value
      await self.recover(scenario, signals)
      input.yield(.recovered(scenario))
    }
    recovery = AtWork(task: task, signals: signal)
  }

  /// How long until a state directory that somebody else works on is tried again.
  private static let pauseWhileLocked = TimeSpan.seconds(2)

  /// Begins the scenario's run, or goes on with it, until it is over or somebody else does it.
  private func recover(_ scenario: ScenarioName, _ signals: AsyncStream<Interruption>) async {
    var told = false
    while lastSignal == nil, let incident = machine.memory(scenario)?.incident, incident.isOpen {
      let ending: WatchRuns.Ending
      var run = incident.run
      if let begun = run {
        switch await runs.known(begun) {
        case .over(let how): return done(.runEnded(scenario, begun, how))
        case .unreadable(let why): return done(.startFailed(scenario, "run \(begun): \(why)"))
        // What was killed before its first record has done nothing; its name is used up.
        case .nothingDone: run = nil
        case .never, .cutOff: break
        }
      }
      if let other = await runs.foreign(scenario, since: incident.since, besides: run) { return done(.foundRun(scenario, other.run, who: other.who)) }
      if let begun = run, case .cutOff = await runs.known(begun) {
        done(.runBegan(scenario, begun))
        ending = await runs.resume(begun, signals: signals)
      } else {
        let name = run ?? RunCarrying.newRun()
        done(.runNamed(scenario, name))
        // Not written down, it could be begun a second time.
        do throws(CommandFailure) { try keep() } catch { return done(.startFailed(scenario, error.failure.message)) }
        if incident.course == .starting { done(.runBegan(scenario, name)) }
        run = name
        ending = await runs.recover(scenario, as: name, signals: signals)
      }
      guard let run else { return }
      switch ending {
      case .ended(.interrupted), .ended(.terminated): return
      case .ended(.done): return done(.runEnded(scenario, run, "is done"))
      case .ended:
        if case .over(let how) = await runs.known(run) { return done(.runEnded(scenario, run, how)) }
        return done(.runEnded(scenario, run, "has stopped: sie-dr resume \(run)"))
      case .failed(let why): return done(.startFailed(scenario, why))
      case .locked:
        if !told { say("\(scenario): waits for another run on this state directory") }
        told = true
        try? await clock.sleep(until: clock.now() + Self.pauseWhileLocked)
      }
    }
  }

  private func done(_ course: WatchInput) { carryOut(machine.handle(course, at: clock.now())) }

  /// Whether people have started what they were asked for.
  private func lookForRuns() {
    let asked = machine.scenarios.compactMap { scenario in
      machine.memory(scenario.name)?.incident.flatMap { $0.course == .asked ? (scenario.name, $0.since) : nil }
    }
    guard !looksForRuns, !asked.isEmpty else { return }
    looksForRuns = true
    Task { [runs, input, clock] in
      for (scenario, since) in asked {
        if let found = await runs.foreign(scenario, since: since, besides: nil) { input.yield(.found(scenario, found.run, who: found.who)) }
      }
      try? await clock.sleep(until: clock.now() + .seconds(2))
      self.looksAgain()
    }
  }

  private func looksAgain() { looksForRuns = false }

  // MARK: What is said

  /// A line. What servers and other places said may be anything, of any length.
  private func say(_ text: String) { runs.console.writeError("\(clock.now().timeOfDay)  \(String(text.prefix(500)).visible)\n") }

  /// Once, until it is something else.
  private func complain(_ what: String, _ problem: String) {
    guard lastProblem[what] != problem else { return }
    lastProblem[what] = problem
    say("warning: \(what): \(problem)")
  }

  private func introduce(isListening: Bool) {
    for scenario in machine.scenarios {
      let name = scenario.name
      let what = scenario.asks ? "asked for" : "started"
      switch scenario.trigger {
      case .alert(let alert):
        let deaf = "\(name): warning: the alert \(alert) is not heard: the plan has no `watch: { key: … }`"
        say(isListening ? "\(name): \(what) when the alert \(alert) fires" : deaf)
      case .probe(let rule):
        say("\(name): \(what) when \(rule.probe) \(plan.scenario(name)?.detection?.rule?.description ?? "fails")")
        let others = rule.places.compactMap { $0 }.filter { $0 != here }
        if rule.places.count - others.count < rule.agreeing, !isListening {
          let list = others.map(\.rawValue).joined(separator: ", ")
          say("\(name): warning: only other places count (\(list)), and none can be heard: name this one with `--from`, or add `watch: { key: … }`")
        }
      }
    }
    if machine.scenarios.isEmpty { say("no scenario is detected by a probe or an alert") }
    if rhythm != nil { say("protection runs when it is due") }
    for scenario in machine.scenarios {
      guard let incident = machine.memory(scenario.name)?.incident, incident.isOpen else { continue }
      say("\(scenario.name): triggered at \(incident.triggered), " + (incident.course == .asked ? "still waits for people" : "goes on"))
    }
  }

  private func listen(_ secrets: RememberedSecrets) async throws -> HTTPListener? {
    guard let settings = plan.watch, let key = plan.reference(to: settings.key.value) else { return nil }
    let token = try await secrets.resolve(key)
    let listener = try WatchListening.start(settings, key: token, plan: plan, here: here, now: { [clock] in clock.now() }) { [weak self] in self?.take($0) }
    say("listens on \(settings.listen.host) port \(listener.port)")
    return listener
  }
}
