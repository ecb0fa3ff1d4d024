internal import ChangePlanning
internal import ExecutionCore
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Units

/// Feeds the machine with what has happened and carries out what it says. One task for each job, so that each can be cancelled by itself.
actor RunDriver {
  private var machine: RunMachine
  private let environment: RunEnvironment
  private let record: @Sendable (Entry) -> Void
  private let inbox: Inbox
  private let (inputs, input) = AsyncStream.makeStream(of: Input.self)
  private var jobs: [Job: Task<Void, Never>] = [:]
  private var timers: [Task<Void, Never>] = []
  private var ending: RunEnding?

  init(_ machine: RunMachine, _ environment: RunEnvironment, _ inbox: Inbox, record: @escaping @Sendable (Entry) -> Void) {
    self.machine = machine
    self.inbox = inbox
    self.environment = environment
    self.record = record
  }

  nonisolated func say(_ input: Input) { self.input.yield(input) }

  /// Until the run has ended. A cancelled caller counts as a signal: the run ends in good order.
  func drive() async -> (RunEnding, RunState) {
    let signals = Task { [environment, input] in
      for await signal in environment.signals { input.yield(.interruptReceived(signal)) }
    }
    say(.started)
    let listening = listen()
    let end = await withTaskCancellationHandler { await loop() } onCancel: { input.yield(.interruptReceived(.terminate)) }
    signals.cancel()
    listening.cancel()
    for task in timers { task.cancel() }
    for task in jobs.values { task.cancel() }
    input.finish()
    return (end, machine.state)
  }

  /// How often the inbox is looked at.
  private static let attention = TimeSpan.milliseconds(250)

  /// Hands on what people leave in the inbox while the run goes on, each word once.
  private func listen() -> Task<Void, Never> {
    Task { [environment, input, inbox, signers = machine.state.changeset.signers ?? []] in
      var known = Set<String>()
      while !Task.isCancelled {
        for word in await inbox.read(besides: known) {
          known.insert(word.id)
          input.yield(.wordSpoken(await environment.spoken(word, signers: signers)))
        }
        do { try await environment.clock.sleep(until: environment.clock.now() + Self.attention) } catch { return }
      }
    }
  }

  private func loop() async -> RunEnding {
    // The stream is read by a task of its own: the caller's cancellation must reach the machine, not end the reading.
    let reading = Task {
      for await input in inputs {
        for action in machine.handle(input, at: environment.clock.now()) { carryOut(action) }
        if let ending { return ending }
      }
      return RunEnding.journalLost(reason: "the run was left without an end")
    }
    return await reading.value
  }

  private func carryOut(_ action: Action) {
    switch action {
    case .record(let entry): record(entry)
    case .observe(let job): startJob(job) { [environment] in await Self.observe(job, $0, environment) }
    case .start(let job), .undo(let job): startJob(job) { [environment] in await Self.act(job, $0, environment) }
    case .settle(let job): startJob(job) { [environment] in await Self.settle(job, $0, environment) }
    case .ask(let job, let question):
      environment.tell(.asking(job, question))
      startJob(job) { [environment] _ in .questionAnswered(job, await environment.operators.ask(job.step, question)) }
    case .cancel(let job): jobs[job]?.cancel()
    case .wake(let timer, let at):
      timers.append(
        Task { [environment, input] in
          do { try await environment.clock.sleep(until: at) } catch { return }
          input.yield(.timerFired(timer))
        })
    case .finish(let ending): self.ending = ending
    }
  }

  private func startJob(_ job: Job, _ work: @escaping @Sendable (Work) async -> Input) {
    guard let prepared = Work(job, machine.state, environment) else {
      return say(.jobFailed(job, StepFailure("no-such-step", "the changeset has no step `\(job.step)`")))
    }
    jobs[job] = Task { [input] in input.yield(await work(prepared)) }
  }

  // MARK: Jobs

  private static func observe(_ job: Job, _ work: Work, _ environment: RunEnvironment) async -> Input {
    let context = ObservingContext(
      secrets: environment.secrets, stores: environment.stores, timeout: environment.observationTimeout, now: environment.clock.now)
    let step = work.specification
    return .preconditionObserved(job, await environment.observers.observe(step.kind, step.arguments, in: context))
  }

  private static func settle(_ job: Job, _ work: Work, _ environment: RunEnvironment) async -> Input {
    let step = work.specification
    do throws(StepFailure) {
      return .jobSettled(job, try await environment.performers.settle(step.kind, step.arguments, in: work.context))
    } catch {
      return .jobSettled(job, .unknown(error.message))
    }
  }

  private static func act(_ job: Job, _ work: Work, _ environment: RunEnvironment) async -> Input {
    let (specification, performers) = (work.specification, environment.performers)
    do throws(StepFailure) {
      switch (job.activity, specification.undo) {
      case (.undo, .step(let undo)): _ = try await performers.perform(undo.kind, undo.arguments, in: work.context)
      case (.undo, _): try await performers.undo(specification.kind, specification.arguments, result: work.result, in: work.context)
      case (.perform, _), (.beforeRollback, _), (.afterRollback, _):
        return .jobSucceeded(job, try await performers.perform(specification.kind, specification.arguments, in: work.context))
      }
      return .jobSucceeded(job, nil)
    } catch {
      return .jobFailed(job, error)
    }
  }
}

/// What one job needs to know, as values.
struct Work: Sendable {
  var specification: StepSpecification
  /// What the done attempt left, for its undo.
  var result: StepResult?
  var context: PerformingContext

  init?(_ job: Job, _ state: RunState, _ environment: RunEnvironment) {
    let changeset = state.changeset
    let (specification, record): (StepSpecification?, StepRecord?) = switch job.activity {
    case .perform, .undo: (changeset[job.step]?.specification, state[job.step])
    case .beforeRollback: (changeset.rollbackBefore, state.beforeRollback)
    case .afterRollback: (changeset.rollbackAfter, state.afterRollback)
    }
    guard let specification, let record else { return nil }
    self.specification = specification
    result = record.result
    let (name, attempt) = Self.marked(job, specification, record)
    context = PerformingContext(
      mark: state.mark(name, attempt: attempt), earlierMarks: (1..<max(1, attempt)).map { state.mark(name, attempt: $0) },
      plan: changeset.plan.name, planDigest: changeset.digest, toolVersion: environment.toolVersion,
      timeout: job.activity == .undo ? specification.undoTimeout : specification.timeout, secrets: environment.secrets,
      stores: environment.stores, outputs: state.outputs, now: environment.clock.now, report: { environment.tell(.progress(job, $0)) })
  }

  /// Whose mark the work carries. A kind's undo looks for what the attempts made; an undo that the author wrote is a step of its own.
  private static func marked(_ job: Job, _ specification: StepSpecification, _ record: StepRecord) -> (StepName, attempt: Int) {
    guard job.activity == .undo else { return (job.step, job.attempt) }
    if case .step = specification.undo { return (StepName(rawValue: "\(job.step)-undo"), job.attempt) }
    return (job.step, record.attempts)
  }
}
