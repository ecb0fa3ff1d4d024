internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import Units

/// Plans, and says what would be changed. Takes no lock, writes no state, and leaves nothing in the folder.
public struct TerraformObserver: StepObserver {
  public typealias Kind = TerraformApply
  let host: TerraformHost

  /// What earlier steps give is not there yet.
  public func looks(for arguments: Kind.Arguments) -> Bool {
    !([arguments.folder] + arguments.variables.values + arguments.environment.values + arguments.backendConfiguration.values).contains { if case .output = $0 { true } else { false } }
  }

  public func observe(_ arguments: Kind.Arguments, in context: ObservingContext) async -> Observation {
    guard looks(for: arguments) else { return .nothing }
    do throws(StepFailure) {
      return try await withWorkFolder(in: host.temporaryFolder) { (work) throws(StepFailure) in
        let configuration = try await Configuration(arguments, on: host, work: work, deadline: context.timeout) { (input) throws(StepFailure) in
          switch input {
          case .text(let text): SecretValue(text)
          case .secret(let secret): try await context.secrets.resolve(secret)
          case .output(let step, _): throw StepFailure("output-missing", "the step `\(step)` has not run yet")
          }
        }
        try await configuration.start(onlyLooking: true)
        guard try await configuration.hasWorkspace() else { return Observation(facts: [Kind.workspace: "absent"]) }
        _ = try await configuration.enter()
        let changes = try await configuration.plan(["-lock=false"])
        return Observation(facts: [Kind.workspace: "present", Kind.changes: .array(changes.map { .string($0.text) })], measurements: ["resources": .int(Int64(changes.count))])
      }
    } catch {
      if error.isTransient || error.code == "cancelled" { return .unreachable(error.message) }
      return Observation(facts: [Kind.problem: .string(([error.message] + error.details.filter { $0.hasPrefix("it said: Error") }).joined(separator: "; "))])
    }
  }
}

/// Plans, and does what was planned.
public struct TerraformPerformer: StepPerformer {
  public typealias Kind = TerraformApply
  let host: TerraformHost

  public func perform(_ arguments: Kind.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    return try await with(arguments, context) { (configuration) throws(StepFailure) in
      var record = RunRecord.read(context.mark, in: configuration.folder) ?? RunRecord(context.mark)
      record.attempt = context.mark.attempt
      record.isDone = false
      context.report(StepProgress(phase: "preparing"))
      try await configuration.start(onlyLooking: false)
      if try await !configuration.hasWorkspace() {
        record.madeWorkspace = true
        try record.write(context.mark, in: configuration.folder)
      }
      _ = try await configuration.enter()
      context.report(StepProgress(phase: "planning"))
      let changes = try await configuration.plan(["-lock-timeout=30s"])
      record.made.formUnion(changes.filter { $0.action == .create }.map(\.address))
      try record.write(context.mark, in: configuration.folder)
      context.report(StepProgress(phase: changes.isEmpty ? "applying" : "applying: \(ResourceChange.words(changes))"))
      // Also where no resource is changed: outputs may be.
      try await configuration.apply()
      context.report(StepProgress(phase: "looking again"))
      let left = try await configuration.plan(["-lock-timeout=30s"])
      let (outputs, sensitive) = try await configuration.outputs()
      record.outputs = outputs
      record.summary = summary(changes, left, sensitive, configuration)
      record.isDone = true
      try record.write(context.mark, in: configuration.folder)
      return result(record)
    }
  }

  private func with<Value: Sendable>(
    _ arguments: Kind.Arguments, _ context: PerformingContext, _ body: (Configuration) async throws(StepFailure) -> Value
  ) async throws(StepFailure) -> Value {
    try await withWorkFolder(in: host.temporaryFolder) { (work) throws(StepFailure) in
      let configuration = try await Configuration(arguments, on: host, work: work, deadline: context.timeout) { (input) throws(StepFailure) in try await context.resolve(input) }
      return try await body(configuration)
    }
  }

  private func summary(_ changes: [ResourceChange], _ left: [ResourceChange], _ sensitive: [String], _ configuration: Configuration) -> String {
    var notes: [String] = []
    let lasting = changes.filter { $0.action != .create }
    if !lasting.isEmpty { notes.append("undo does not take back what was not made but \(ResourceChange.words(lasting))") }
    if !left.isEmpty { notes.append("a second plan still has changes: \(ResourceChange.words(left)), \(left.prefix(3).map { "`\($0.address)`" }.joined(separator: ", "))") }
    if !sensitive.isEmpty { notes.append("sensitive outputs are not handed on: \(sensitive.map { "`\($0)`" }.joined(separator: ", "))") }
    return (changes.isEmpty ? "nothing was to be changed" : ResourceChange.words(changes)) + " in the workspace `\(configuration.workspace)`" + (notes.isEmpty ? "" : "; note: \(notes.joined(separator: "; "))")
  }

  private func result(_ record: RunRecord) -> StepResult {
    StepResult(
      summary: record.summary, outputs: record.outputs.mapValues { .text($0) }, undoRecord: (try? CanonicalJSON.value(record)) ?? .null,
      measurements: ["made": .int(Int64(record.made.count))])
  }

  /// An apply that was cut off is done again: what is there already is not made twice.
  public func settle(_ arguments: Kind.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let folder = host.absolute(try await context.resolve(arguments.folder).reveal())
      guard let record = RunRecord.read(context.mark, in: folder), record.isDone, record.attempt == context.mark.attempt else { return .notDone }
      return .done(result(record))
    } catch { return .unknown(error.message) }
  }

  public func undo(_ arguments: Kind.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    try await with(arguments, context) { (configuration) throws(StepFailure) in
      let recorded = RunRecord.read(context.mark, in: configuration.folder) ?? result.flatMap { try? CanonicalJSON.decode(RunRecord.self, from: $0.undoRecord) }
      guard let record = recorded else { return }
      try await configuration.start(onlyLooking: false)
      if try await configuration.hasWorkspace() {
        _ = try await configuration.enter()
        try await destroy(record.made, configuration)
        if record.madeWorkspace { try await configuration.forgetWorkspace() }
      }
      Folders.remove(RunRecord.path(context.mark, in: configuration.folder))
    }
  }

  /// The program destroys what depends on its targets too: only if all of that is this run's.
  private func destroy(_ made: Set<String>, _ configuration: Configuration) async throws(StepFailure) {
    let targets = made.intersection(try await configuration.resources()).sorted()
    guard !targets.isEmpty else { return }
    let changes = try await configuration.plan(["-destroy", "-lock-timeout=30s"] + targets.map { "-target=\($0)" })
    let others = changes.filter { !made.contains($0.address) }
    guard others.isEmpty else {
      throw StepFailure(
        "others-depend", "what this run made cannot be destroyed without \(others.prefix(5).map { "`\($0.address)`" }.joined(separator: ", ")), which it did not make",
        details: ["these depend on what this run made"], helps: ["change the configuration by hand so that they do not, then roll back again; or destroy by hand what can go"])
    }
    if !changes.isEmpty { try await configuration.apply() }
  }
}

extension Configuration {
  /// Only where nothing is left in it.
  func forgetWorkspace() async throws(StepFailure) {
    guard workspace != "default", try await resources().isEmpty else { return }
    try await run(["workspace", "select", "default"], doing: "leaving the workspace")
    try await run(["workspace", "delete", workspace], doing: "removing the workspace `\(workspace)`")
  }
}
