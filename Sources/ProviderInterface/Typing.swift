public import Diagnostics
public import PlanModel
internal import Units

/// Decodes every step's fields by its kind, and makes the steps of each protection.
public func typecheck(_ plan: Plan, kinds: StepKinds, protection: ProtectionSteps) -> (plan: TypedPlan, diagnostics: [Diagnostic]) {
  let collector = DiagnosticCollector()
  let typist = Typist(plan: plan, kinds: kinds, collector: collector)
  let typed = TypedPlan(
    plan: plan, kinds: kinds,
    protection: plan.dataClasses.flatMap { dataClass in
      dataClass.protections.map { TypedProtection(dataClass: dataClass, protection: $0, steps: typist.steps(of: $0, dataClass, protection)) }
    },
    checks: plan.dataClasses.flatMap { dataClass in dataClass.continuous.compactMap { typist.check($0, of: dataClass, protection) } },
    scenarios: plan.scenarios.map { scenario in
      var typist = typist
      typist.scope = StepContext.Scope(plan, scenario)
      return typist.scenario(scenario)
    })
  typist.checkNames(typed.protection)
  return (typed, collector.diagnostics)
}

private struct Typist {
  let plan: Plan
  let kinds: StepKinds
  let collector: DiagnosticCollector
  /// Of the scenario that is typed.
  var scope: StepContext.Scope?

  func scenario(_ scenario: Scenario) -> TypedScenario {
    scenario.choices.forEach { collector.add(contentsOf: $0.problems(in: scenario, kinds)) }
    return TypedScenario(
      scenario: scenario,
      steps: scenario.steps.compactMap { step($0, in: scenario) },
      rollbackBefore: scenario.rollbackBefore.flatMap { step($0, in: scenario) },
      rollbackAfter: scenario.rollbackAfter.flatMap { step($0, in: scenario) })
  }

  private func step(_ step: Step, in scenario: Scenario) -> TypedStep? {
    guard let arguments = decode(step, in: scenario) else { return nil }
    let footprint = arguments.footprint
    let served = footprint.recovers.flatMap { plan.dataClass(DataClassName(rawValue: $0)) }
    let inputs = inputSteps(step, in: scenario)
    if case .step(let undo) = step.undo { _ = inputSteps(undo, in: scenario) }
    let needs = step.needs.map(\.value) + inputs.filter { input in !step.needs.contains { $0.value == input } }
    let specification = StepSpecification(
      name: step.name.value, kind: arguments.kind, arguments: arguments.arguments, needs: needs, undo: undo(step, arguments.undoAbility, in: scenario),
      timeout: step.timeout?.value ?? defaultStepTimeout, retries: step.retries, onFailure: step.onFailure ?? scenario.onFailure,
      priority: (served?.priority ?? .medium).rank, footprint: footprint, question: arguments.question, branch: place(of: step, in: scenario),
      uses: uses(of: step),
      approval: step.approval?.rule)
    return TypedStep(
      specification: specification, span: step.name.span, estimated: estimated(step, arguments, timeout: specification.timeout), timeoutSpan: step.timeout?.span,
      step: step)
  }

  private func uses(of step: Step) -> [LimitUse]? {
    let uses = step.uses.compactMap { use in
      plan.limit(use.limit.value).map { LimitUse(limit: use.limit.value, amount: use.amount.value, capacity: $0.capacity.value) }
    }
    return uses.isEmpty ? nil : uses
  }

  private func place(of step: Step, in scenario: Scenario) -> BranchPlace? {
    guard !scenario.choices.isEmpty, let (choice, number) = scenario.branch(of: step.name.value) else { return nil }
    let branch = choice.branches[number]
    return BranchPlace(choice: choice.name.value, branch: branch.name.value, number: number, until: branch.until?.value, needs: choice.needs.map(\.value))
  }

  /// With what it waits out. Where nobody estimates its work the time-out holds both, unless the wait alone is longer.
  private func estimated(_ step: Step, _ arguments: UnderstoodArguments, timeout: TimeSpan) -> Estimated? {
    let own = work(step, arguments, timeout: timeout)
    // Until it is approved, nothing of it begins.
    guard let approval = step.approval?.rule.longest else { return own }
    return own.map { Estimated($0.amount + approval, at: $0.span) }
  }

  private func work(_ step: Step, _ arguments: UnderstoodArguments, timeout: TimeSpan) -> Estimated? {
    let work = step.estimate.map { Estimated($0.value, at: $0.span) } ?? arguments.estimate
    guard let wait = arguments.wait else { return work }
    return work.map { Estimated($0.amount + wait.amount, at: $0.span) } ?? (wait.amount > timeout ? wait : nil)
  }

  private func decode(_ step: Step, in scenario: Scenario) -> UnderstoodArguments? {
    guard let kind = kinds[step.kind.value] else {
      let near = nearestNames(to: step.kind.value.rawValue, in: kinds.names.map(\.rawValue))
      let help = near.isEmpty ? "known are " + kinds.names.map { "`\($0)`" }.joined(separator: ", ") : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"
      collector.add(Diagnostic("unknown-step-kind", "there is no step kind `\(step.kind.value)`", at: step.kind.span, helps: [help])
          .fixed(by: near.count == 1 ? Diagnostic.Fix(step.kind.span, near[0], isSafe: false) : nil))
      return nil
    }
    guard var fields = MappingReader(step.fields, .init(part: kind.name.rawValue, of: "the step", step.name.value.rawValue), collector) else { return nil }
    let arguments = kind.decode(&fields, StepContext(scope ?? .init(plan, scenario), step))
    fields.finish()
    return arguments
  }

  private func undo(_ step: Step, _ ability: UndoAbility, in scenario: Scenario) -> StepSpecification.Undo {
    switch (step.undo, ability) {
    case (.irreversible(let reason), _): return .irreversible(reason: reason.value)
    case (.step(let undo), _):
      guard let arguments = decode(undo, in: scenario) else { return .unknown }
      return .step(.init(kind: arguments.kind, arguments: arguments.arguments, timeout: undo.timeout?.value ?? defaultStepTimeout, retries: undo.retries))
    case (nil, .nothingToUndo): return .nothingToUndo
    case (nil, .byKind(let how)): return .byKind(how)
    case (nil, .mustBeWritten): return .unknown
    }
  }

  /// Of a step that the engine makes itself.
  private func undo(_ ability: UndoAbility) -> StepSpecification.Undo {
    switch ability {
    case .nothingToUndo: .nothingToUndo
    case .byKind(let how): .byKind(how)
    // Expiry: its points had to go before this run began, and would have to go again. Bringing them back is nothing a rollback owes.
    case .mustBeWritten: .nothingToUndo
    }
  }

  /// The steps whose outputs this one takes: they come before it whether or not `needs` says so.
  private func inputSteps(_ step: Step, in scenario: Scenario) -> [StepName] {
    guard let kind = kinds[step.kind.value] else { return [] }
    var found: [StepName] = []
    for (reference, output, span) in OutputReferences.find(in: step.fields, of: kind) {
      let name = Located(StepName(rawValue: reference), at: span)
      if let problem = unknownReference(name, "step", among: scenario.nameable) ?? scenario.problem(with: name, takenBy: step.name.value) { collector.add(problem); continue }
      if let choice = scenario.choices.first(where: { $0.name.value == name.value }), let help = choice.givesNo(output) {
        collector.add(Diagnostic("unknown-reference", "the choice `\(reference)` gives no output `\(output)`", at: span, helps: [help]))
      }
      let kind = scenario.steps.first { $0.name.value == name.value }.flatMap { kinds[$0.kind.value] }
      if let kind, !kind.gives(output) {
        let known = kind.outputs.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
        collector.add(
          Diagnostic(
            "unknown-reference", "the step `\(reference)` gives no output `\(output)`", at: span,
            helps: [known.isEmpty ? "`\(kind.name)` has no outputs" : "`\(kind.name)` gives \(known)"]))
      }
      if !found.contains(name.value) { found.append(name.value) }
    }
    return found
  }

  /// A step's name is its class's, its protection's and its store's in a row, so two protections can come to the same one.
  func checkNames(_ protections: [TypedProtection]) {
    func title(_ typed: TypedProtection) -> String { "`\(typed.protection.name.value)` of `\(typed.dataClass.name.value)`" }
    var owners: [StepName: Int] = [:]
    for (index, protection) in protections.enumerated() {
      let names = protection.steps.map(\.specification.name)
      defer { for name in names where owners[name] == nil { owners[name] = index } }
      guard let other = names.compactMap({ owners[$0] }).min().map({ protections[$0] }) else { continue }
      collector.add(
        Diagnostic(
          "wrong-name",
          "the protection \(title(protection)) has steps of the same names as \(title(other))",
          at: protection.protection.name.span, label: "its steps cannot be told apart",
          related: [.init(span: other.protection.name.span, label: "the other protection")], helps: ["give one of the two another name"]))
    }
  }

  /// A look at what somebody else keeps; it is tried once, and what it finds stops nothing else.
  func check(_ protection: ContinuousProtection, of dataClass: DataClass, _ make: ProtectionSteps) -> TypedCheck? {
    guard let made = make.check(protection, dataClass, plan) else { return nil }
    let specification = StepSpecification(
      name: StepName(rawValue: "check-\(dataClass.name.value)-\(protection.name.value)"), kind: made.kind, arguments: made.arguments, needs: [], undo: undo(made.undoAbility),
      timeout: .minutes(2), retries: 0, onFailure: .continue, priority: dataClass.priority.rank, footprint: made.footprint)
    return TypedCheck(
      dataClass: dataClass, protection: protection,
      step: TypedStep(specification: specification, span: protection.span, estimated: nil, timeoutSpan: nil, step: nil))
  }

  /// Backup, then copies, then expiry; a copy waits for the backup, expiry for all of them: nothing goes before its successor is safe. The
  /// call that a point is in all its stores waits for them too.
  func steps(of protection: Protection, _ dataClass: DataClass, _ make: ProtectionSteps) -> [TypedStep] {
    let base = "\(dataClass.name.value)-\(protection.name.value)"
    var steps: [TypedStep] = []
    func add(_ name: String, _ made: UnderstoodArguments?, needs: [StepName], timeout: TimeSpan? = nil) {
      guard let made else { return }
      let specification = StepSpecification(
        name: StepName(rawValue: name), kind: made.kind, arguments: made.arguments, needs: needs, undo: undo(made.undoAbility),
        timeout: timeout ?? protection.timeout?.value ?? defaultStepTimeout, retries: protection.retries, onFailure: .continue,
        priority: dataClass.priority.rank, footprint: made.footprint)
      steps.append(
        TypedStep(
          specification: specification, span: protection.span, estimated: made.estimate, timeoutSpan: protection.timeout?.span, step: nil))
    }
    // Nothing to copy or to expire where nothing makes points.
    guard let backup = make.backup(protection, dataClass, plan) else { return [] }
    add("backup-\(base)", backup, needs: [])
    for store in protection.copies {
      add("copy-\(base)-\(store.value)", make.copy(protection, dataClass, store.value, plan), needs: Array(steps.prefix(1).map(\.specification.name)))
    }
    let before = steps.map(\.specification.name)
    for store in [protection.store] + protection.copies where protection.keep != nil {
      add("expire-\(base)-\(store.value)", make.expire(protection, dataClass, store.value, plan), needs: before)
    }
    add("ping-\(base)", make.ping(protection, dataClass, plan), needs: before, timeout: .minutes(1))
    return steps
  }
}
