internal import ChangePlanning
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

// The way forward: what starts next, and what follows from how it ended.

extension RunMachine {
  /// Starts whatever can start, and notices when nothing is left to do, until nothing follows by itself any more.
  mutating func advance(_ now: Timestamp) {
    var before: Mode
    repeat {
      before = mode
      listen(now)
      advanceOnce(now)
    } while mode != before
  }

  private mutating func advanceOnce(_ now: Timestamp) {
    switch mode {
    case .opening, .gate, .finishing, .finished: return
    case .settling: if work.isEmpty { afterSettling(now) }
    case .forward:
      startReady(now)
      guard mode == .forward, work.isEmpty else { return }
      if everyStepIsSatisfied { reachedGoal(now) } else { finish(.failed, now) }
    case .trial: if state.commitment != nil { finish(.done, now) }
    case .rollback(let stage): advanceRollback(stage, now)
    case .stopping(let reason): if work.isEmpty { stopped(reason, now) }
    }
  }

  private var everyStepIsSatisfied: Bool { (0..<state.count).allSatisfy { state[$0].isSatisfied } }

  private mutating func afterSettling(_ now: Timestamp) {
    let unknown = state.steps(.inDoubt)
    guard unknown.isEmpty else { return stop(.pause(.inDoubt(unknown)), now) }
    enterGate(now)
  }

  mutating func enterForward(_ now: Timestamp) {
    mode = .forward
    let steps = state.changeset.steps
    let limits = SharedLimits(steps.map(\.specification))
    scheduler = Scheduler(
      graph: graph,
      items: steps.indices.map { SchedulingItem(duration: steps[$0].duration.amount, priority: steps[$0].specification.priority, uses: limits.uses[$0]) },
      width: state.parallelism, capacities: limits.capacities, finished: (0..<state.count).filter { state[$0].isSatisfied })
    // What failed for good before a crash has the same consequence now as it would have had then.
    for step in 0..<state.count where state[step].status == .failed || state[step].status == .timedOut {
      if !state[step].isPassedOver { failedForGood(step, now) }
    }
  }

  private mutating func startReady(_ now: Timestamp) {
    while mode == .forward {
      moveBranches(now)
      let steps = scheduler.next()
      if steps.isEmpty { return }
      for step in steps { startStep(step, now) }
    }
  }

  /// Looks again before the first attempt. Afterwards the step's own remains may be what has changed.
  mutating func startStep(_ step: Int, _ now: Timestamp) {
    // A stop in the same turn, by an unchanged step's neighbour, takes back what the scheduler gave.
    guard mode == .forward, !state[step].isPassedOver, passes(step, now) else { return }
    let name = state.specification(step).name
    guard case .facts = state.changeset.steps[step].basis, state[step].attempts == 0 else { return proceed(step, now) }
    let job = Job(step: name, activity: .perform, attempt: 1)
    work[step] = Work(job: job, kind: .observing)
    actions.append(.observe(job))
    setTimer(.timeout, step, job, after: state.specification(step).timeout, now)
  }

  mutating func observed(_ job: Job, _ observation: Observation, _ now: Timestamp) {
    guard let step = slot(of: job, doing: .observing), case .facts(let planned) = state.changeset.steps[step].basis else { return }
    work[step] = nil
    if observation.reach == .observed, observation.facts == planned { return proceed(step, now) }
    record(.moved(Moved(step: job.step, planned: planned, found: observation)), now)
    scheduler.withdrawn(step)
    if state.specification(step).onFailure != .continue { stop(.pause(.moved(job.step)), now) }
  }

  private mutating func proceed(_ step: Int, _ now: Timestamp) {
    let specification = state.specification(step)
    if state.changeset.steps[step].change.action == .none {
      let job = Job(step: specification.name, activity: .perform, attempt: state[step].attempts)
      record(.outcome(Outcome(job: job, ending: .unchanged)), now)
      scheduler.finished(step)
    } else {
      act(step, .perform, now)
    }
  }

  /// The next attempt at a piece of work: a question is asked, anything else begins with its intent.
  mutating func act(_ slot: Int, _ activity: Job.Activity, _ now: Timestamp) {
    guard let specification = specification(slot) else { return }
    let record = record(in: slot)
    let job = Job(step: specification.name, activity: activity, attempt: (activity == .undo ? record.undoAttempts : record.attempts) + 1)
    if activity != .undo, let question = specification.question {
      ask(slot, job, .confirm(question), now)
    } else {
      work[slot] = Work(job: job, kind: .acting)
      self.record(.intent(job), now, then: .begin(job))
    }
  }

  /// A performed step has ended.
  mutating func performed(_ step: Int, _ ending: Outcome.Ending, _ now: Timestamp) {
    switch ending {
    case .done, .unchanged: scheduler.finished(step)
    case .cancelled: scheduler.withdrawn(step)
    case .failed, .timedOut:
      guard !state[step].isPassedOver else { return scheduler.withdrawn(step) }
      guard state[step].mayTryAgain(retries: state.specification(step).retries) else { return failedForGood(step, now) }
      // While stopping it is left as it is: whoever resumes goes on with the attempts that are left.
      if mode == .forward { waitForRetry(step, .perform, afterFailure: state[step].failures, now) }
    }
  }

  private mutating func failedForGood(_ step: Int, _ now: Timestamp) {
    scheduler.withdrawn(step)
    let specification = state.specification(step)
    if let course = state.course(of: step), course.next != nil, !course.isGivenUp { return giveUp(course, .stepFailed(specification.name), now) }
    switch specification.onFailure {
    case .continue: break
    case .pause: stop(.pause(.stepFailed(specification.name)), now)
    case .rollback: stop(.rollback(.stepFailed(specification.name)), now)
    }
  }

  // MARK: Retries

  mutating func waitForRetry(_ slot: Int, _ activity: Job.Activity, afterFailure n: Int, _ now: Timestamp) {
    guard let name = specification(slot)?.name else { return }
    let record = record(in: slot)
    let job = Job(step: name, activity: activity, attempt: activity == .undo ? record.undoAttempts : record.attempts)
    work[slot] = Work(job: job, kind: .waiting)
    // From the run's name and the job alone, so that the same run waits the same times whatever else goes on.
    var random = SplitMix64(seed: "\(state.run) \(activity.rawValue) \(name) \(job.attempt)")
    setTimer(.retry, slot, job, after: BackOff.delay(afterFailure: n, seed: random.next()), now)
  }

  mutating func tryAgain(_ slot: Int, _ job: Job, _ now: Timestamp) {
    work[slot] = nil
    act(slot, job.activity, now)
  }
}
