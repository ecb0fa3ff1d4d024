public import PlanModel
internal import Units

extension StepObservers {
  /// Looks at the world for every step, several at once. Takes as long as the slowest observation, which its time-out bounds: one that does
  /// not answer is observed as unreachable. Reads only: this is all that `plan` does to the world.
  public func observeAll(_ steps: [StepSpecification], in context: ObservingContext, width: Int = 8) async -> [StepName: Observation] {
    await withTaskGroup(of: (StepName, Observation).self) { group in
      var observations = [StepName: Observation](minimumCapacity: steps.count)
      var waiting: ArraySlice<StepSpecification> = []
      for step in steps {
        if looks(step.kind, step.arguments) { waiting.append(step) } else { observations[step.name] = .nothing }
      }
      func startNext() {
        guard let step = waiting.popFirst() else { return }
        group.addTask { (step.name, await observe(step, in: context)) }
      }
      for _ in 0..<max(1, width) { startNext() }
      while let (name, observation) = await group.next() {
        observations[name] = observation
        startNext()
      }
      return observations
    }
  }

  /// One observation, bounded by the context's time-out and a grace for it to give up by itself.
  public func observe(_ step: StepSpecification, in context: ObservingContext) async -> Observation {
    await withTaskGroup(of: Observation?.self) { group in
      group.addTask { await observe(step.kind, step.arguments, in: context) }
      group.addTask {
        try? await Task.sleep(for: (context.timeout + .seconds(1)).duration)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first ?? .unreachable("no answer within \(context.timeout.rounded)")
    }
  }
}
