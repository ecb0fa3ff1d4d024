internal import Diagnostics
internal import Units
internal import YAMLReading

extension PlanReader {
  func scenario(_ name: Located<ScenarioName>, _ reader: consuming MappingReader) -> [Scenario]? {
    let what = reader.what
    let description = reader.text("description")?.value
    let loses = losses(reader.node("loses"), what)
    let corrupts = corruption(reader.node("corrupts"), what)
    let detection = detection(reader.node("detect"), what)
    let decide = reader.timeSpan("decide")
    let triggeredBy = trigger(reader.node("trigger"), what)
    let approval = approval(reader.node("approve"), what)
    let onFailure = reader.choice("onFailure", of: FailurePolicy.self)?.value ?? .pause
    var before: Step?
    var after: Step?
    if let node = reader.node("rollback"), var hooks = MappingReader(node, "`rollback` of \(what)", collector) {
      before = hooks.node("before").flatMap { hook($0, Self.hooks[0], hooks.span(of: "before")) }
      after = hooks.node("after").flatMap { hook($0, Self.hooks[1], hooks.span(of: "after")) }
      hooks.finish()
    }
    _ = reader.required("steps", example: "{ … }")
    let (steps, choices) = stepsAndChoices(&reader)
    let provisional = provisional(reader.node("provisional"), what)
    for step in steps.map(\.name) + choices.map(\.name) where Self.hooks.contains(step.value) {
      collector.add(
        Diagnostic(
          "wrong-name", "no step can be called `\(step.value)`", at: step.span, label: "the name of the step under `rollback`",
          helps: ["call it something else"]))
    }
    let scenario = Scenario(
      name: name, description: description, loses: loses, corrupts: corrupts, detection: detection, decide: decide, triggeredBy: triggeredBy, approval: approval, onFailure: onFailure,
      rollbackBefore: before, rollbackAfter: after, steps: steps, choices: choices, provisional: provisional)
    let modes = modes(of: scenario, &reader)
    reader.finish()
    return modes
  }

  func losses(_ node: YAMLNode?, _ what: String) -> Losses {
    var losses = Losses()
    guard let node, var reader = MappingReader(node, "`loses` of \(what)", collector) else { return losses }
    losses.sites = reader.names("sites")
    losses.servers = reader.names("servers")
    losses.stores = reader.names("stores")
    losses.secrets = reader.names("secrets")
    reader.finish()
    return losses
  }

  private func corruption(_ node: YAMLNode?, _ what: String) -> Corruption? {
    guard let node, var reader = MappingReader(node, "`corrupts` of \(what)", collector) else { return nil }
    _ = reader.required("data", example: "[DATA-CLASS]")
    let dataClasses: [Located<DataClassName>] = reader.names("data")
    _ = reader.required("noticedWithin", example: "6h")
    let noticed = reader.timeSpan("noticedWithin")
    reader.finish()
    return noticed.map { Corruption(dataClasses: dataClasses, noticedWithin: $0) }
  }

  /// The names of the steps around a rollback.
  private static let hooks: [StepName] = ["rollback-before", "rollback-after"]

  private func hook(_ node: YAMLNode, _ name: StepName, _ span: SourceSpan) -> Step? {
    guard let reader = MappingReader(node, "the step under `\(name.rawValue.split(separator: "-").last ?? "")`", collector) else { return nil }
    refuse(["needs", "undo", "irreversible", "approve", "only", "uses"], in: reader, label: "stands for itself", help: "it runs before or after everything that is undone")
    return step(Located(name, at: span), reader)
  }

  /// A step: one key with a dot, its kind, and the keys that every step has.
  func step(_ name: Located<StepName>, _ reader: consuming MappingReader) -> Step? {
    let kinds = reader.keys(with: UInt8(ascii: "."))
    guard let kind = kinds.first else {
      if let key = reader.keys.first(where: { !nearestNames(to: $0, in: ["firstOf"]).isEmpty }) {
        collector.add(
          Diagnostic("unknown-key", "\(reader.what) has no key `\(key)`", at: reader.span(of: key), label: "not known here", helps: ["did you mean `firstOf`?"]))
        return nil
      }
      collector.add(
        Diagnostic(
          "missing-key", "\(reader.what) says nothing to do", at: name.span, label: "one key with a dot is its kind",
          helps: ["add a kind, such as `command.run: { … }`; `docs/step-kinds.md` lists them"]))
      return nil
    }
    if kinds.count > 1 {
      collector.add(
        Diagnostic("too-many-keys", "\(reader.what) has two kinds, `\(kind)` and `\(kinds[1])`", at: reader.span(of: kinds[1]), helps: ["make a step of its own of each"]))
    }
    let kindSpan = reader.span(of: kind)
    let fields = reader.node(kind)
    for other in kinds.dropFirst() { _ = reader.node(other) }
    let needs: [Located<StepName>] = reader.names("needs")
    let timeout = reader.positiveTimeSpan("timeout")
    let retries = reader.integer("retries", in: 0...20)?.value ?? 0
    let estimate = reader.timeSpan("estimate")
    let onFailure = reader.choice("onFailure", of: FailurePolicy.self)?.value
    let undo = undo(&reader, name)
    let uses = uses(&reader)
    let approval = approval(reader.node("approve"), reader.what)
    let only: [Located<ModeName>] = reader.names("only")
    reader.finish()
    guard let fields else { return nil }
    return Step(
      name: name, kind: Located(StepKindName(rawValue: kind), at: kindSpan), fields: fields, needs: needs, timeout: timeout, retries: retries,
      estimate: estimate, onFailure: onFailure, undo: undo, uses: uses, approval: approval, only: only)
  }

  private func undo(_ reader: inout MappingReader, _ name: Located<StepName>) -> Step.WrittenUndo? {
    let irreversible = reader.text("irreversible")
    guard let node = reader.node("undo") else { return irreversible.map { .irreversible(reason: $0) } }
    if let irreversible {
      collector.add(
        Diagnostic(
          "too-many-keys", "\(reader.what) has an `undo` and is said to be irreversible", at: irreversible.span, label: "only one of both can be true"))
    }
    guard let fields = MappingReader(node, .init(of: "the undo of the step", name.value.rawValue), collector) else { return nil }
    refuse(["needs", "onFailure", "undo", "irreversible", "approve", "only", "uses"], in: fields, label: "an undo stands for itself", help: "undo steps run in the reverse order of their steps")
    return step(Located(name.value, at: reader.span(of: "undo")), fields).map { .step($0) }
  }

  /// Keys that other steps have.
  private func refuse(_ keys: [String], in reader: borrowing MappingReader, label: String, help: String) {
    for key in keys where reader.contains(key) {
      collector.add(
        Diagnostic("unknown-key", "\(reader.what) has no key `\(key)`", at: reader.span(of: key), label: label, helps: ["\(help); remove `\(key)`"]))
    }
  }
}
