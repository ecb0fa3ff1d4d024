internal import Diagnostics
internal import YAMLReading

extension PlanReader {
  private enum Entry { case step(Step), choice(Choice, [Step]) }

  /// What stands under `steps`: steps, and choices whose steps count as the scenario's.
  func stepsAndChoices(_ reader: inout MappingReader) -> (steps: [Step], choices: [Choice]) {
    let found = entries(&reader, "steps", "step", entry)
    var steps: [Step] = []
    var choices: [Choice] = []
    for entry in found {
      switch entry {
      case .step(let step): steps.append(step)
      case .choice(let choice, let inner): choices.append(choice); steps += inner
      }
    }
    if !choices.isEmpty { checkNames(steps, choices) }
    return (steps, choices)
  }

  private func entry(_ name: Located<StepName>, _ reader: consuming MappingReader) -> Entry? {
    if reader.contains("firstOf") { return choice(name, reader) }
    if reader.keys(with: UInt8(ascii: ".")).isEmpty, let wrong = reader.keys.first(where: { !nearestNames(to: $0, in: ["firstOf"]).isEmpty }) {
      collector.add(
        Diagnostic("unknown-key", "\(reader.what) has no key `\(wrong)`", at: reader.span(of: wrong), label: "not known here", helps: ["did you mean `firstOf`?"]))
      return nil
    }
    return step(name, reader).map(Entry.step)
  }

  private func choice(_ name: Located<StepName>, _ reader: consuming MappingReader) -> Entry {
    let what = reader.what
    let firstOf = reader.span(of: "firstOf")
    let needs: [Located<StepName>] = reader.names("needs")
    let gives = reader.texts("gives") ?? []
    let only: [Located<ModeName>] = reader.names("only")
    let branches = entries(&reader, "firstOf", "branch", branch)
    reader.finish()
    if branches.count < 2 {
      collector.add(
        Diagnostic(
          "wrong-value", "\(what) has \(branches.isEmpty ? "no branch" : "only one branch")", at: firstOf, label: "a choice needs two",
          helps: ["add a branch under `firstOf`, or write its steps without it"]))
    }
    return .choice(Choice(name: name, needs: needs, branches: branches.map(\.branch), gives: gives, only: only), branches.flatMap(\.steps))
  }

  private func branch(_ name: Located<BranchName>, _ reader: consuming MappingReader) -> (branch: Branch, steps: [Step])? {
    let until = reader.positiveTimeSpan("until")
    let isThere = reader.required("steps", example: "{ … }") != nil
    let steps = entries(&reader, "steps", "step", stepOfBranch)
    if isThere, steps.isEmpty {
      collector.add(Diagnostic("missing-key", "\(reader.what) has no steps", at: name.span, helps: ["add a step, or remove the branch"]))
    }
    reader.finish()
    return (Branch(name: name, until: until, steps: Set(steps.map(\.name.value))), steps)
  }

  private func stepOfBranch(_ name: Located<StepName>, _ reader: consuming MappingReader) -> Step? {
    guard reader.contains("firstOf") else { return step(name, reader) }
    collector.add(
      Diagnostic(
        "wrong-value", "`\(name.value)` is a choice within a branch", at: name.span, label: "a branch holds steps only",
        helps: ["write its branches as further branches of the outer choice"]))
    return nil
  }

  /// Steps of branches share the scenario's names.
  private func checkNames(_ steps: [Step], _ choices: [Choice]) {
    var seen: [StepName: Located<StepName>] = [:]
    for name in choices.map(\.name) + steps.map(\.name) {
      guard let first = seen.updateValue(name, forKey: name.value) else { continue }
      collector.add(
        Diagnostic(
          "named-twice", "two steps of the scenario are called `\(name.value)`", at: name.span, label: "also the steps of a branch need names of their own",
          related: [.init(span: first.span, label: "the other one")], helps: ["give one of the two another name"]))
    }
  }
}
