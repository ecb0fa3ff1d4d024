public import CanonicalJSON
public import ChangePlanning
internal import Diagnostics
internal import PlanModel
internal import ProviderInterface
public import Units

/// What a change of a plan does: to each objective, and to what would be done now.
public struct ChangesetComparison: Sendable, Encodable {
  /// One step that is not what it was.
  public struct StepChange: Sendable, Encodable, Equatable {
    public enum Verdict: String, Sendable, Encodable, CaseIterable { case added, removed, changed }
    public struct Difference: Sendable, Encodable, Equatable {
      /// Where in the step: `arguments.workers`.
      public var at: String
      /// Nil: it is not there.
      public var before, after: JSONValue?
    }
    public var step: String
    public var verdict: Verdict
    public var differences: [Difference]
  }
  public struct Pair<Value: Sendable & Encodable>: Sendable, Encodable {
    /// Nil: the former plan has nothing of the kind.
    public var before: Value?
    public var after: Value
  }

  public var formatVersion = 1
  /// Of every objective of every scenario.
  public var comparison: PlanComparison
  /// In the order of the changeset; those that are gone last.
  public var steps: [StepChange]
  /// Of the run, as predicted, and whatever hangs.
  public var duration, guaranteed: Pair<TimeSpan>
  public var digest: Pair<String>
  public var changeset: Changeset

  /// - Parameter former: nil where the former plan has no such scenario.
  public init(_ comparison: PlanComparison, _ changeset: Changeset, since former: Changeset?) throws {
    self.comparison = comparison
    self.changeset = changeset
    duration = Pair(before: former?.prediction.duration, after: changeset.prediction.duration)
    guaranteed = Pair(before: former?.prediction.guaranteed, after: changeset.prediction.guaranteed)
    digest = Pair(before: former?.digest, after: changeset.digest)
    steps = []
    for step in changeset.steps {
      let name = step.specification.name
      guard let old = former?[name] else {
        steps.append(StepChange(step: name.rawValue, verdict: .added, differences: []))
        continue
      }
      let differences = try Self.differences(Self.reviewed(old), Self.reviewed(step), at: "")
      if !differences.isEmpty { steps.append(StepChange(step: name.rawValue, verdict: .changed, differences: differences)) }
    }
    for old in former?.steps ?? [] where changeset[old.specification.name] == nil {
      steps.append(StepChange(step: old.specification.name.rawValue, verdict: .removed, differences: []))
    }
  }

  /// The step as the plan says it, what it would do, and how long that is believed to take.
  private static func reviewed(_ step: PlannedStep) throws -> JSONValue {
    var json = try CanonicalJSON.value(step.specification).object ?? [:]
    json["action"] = .string(step.change.action.rawValue)
    json["duration"] = .string(step.duration.amount.description)
    return .object(json)
  }

  private static func differences(_ old: JSONValue?, _ new: JSONValue?, at path: String) -> [StepChange.Difference] {
    if old == new { return [] }
    guard let before = old?.object, let after = new?.object else { return [.init(at: path, before: old, after: new)] }
    return Set(before.keys).union(after.keys).sorted().flatMap { differences(before[$0], after[$0], at: path.isEmpty ? $0 : "\(path).\($0)") }
  }
}

/// What `plan --diff` says: the plan, and what has changed.
public func planReport(_ change: ChangesetComparison, as format: OutputFormat, _ style: TextStyle) throws -> String {
  switch format {
  case .text: planText(change.changeset, style) + "\n" + comparisonText(change.comparison, style) + "\n" + change.text(style)
  case .json: try CanonicalJSON.prettyText(change)
  case .markdown: planMarkdown(change.changeset, change: comparisonSections(change.comparison) + [change.section])
  }
}

extension ChangesetComparison {
  private var head: String {
    guard digest.before != nil else { return "the former plan has nothing for this: every step is new" }
    if digest.before == digest.after { return "the same changeset, by its digest" }
    let counts = StepChange.Verdict.allCases.compactMap { verdict in
      let count = steps.count { $0.verdict == verdict }
      return count == 0 ? nil : "\(count) \(verdict.rawValue)"
    }
    return (counts.isEmpty ? "no step" : counts.joined(separator: ", ")) + "; " + durationText
  }

  private var durationText: String {
    guard let before = duration.before, before != duration.after else { return "predicted to take \(duration.after.rounded)" + (duration.before == nil ? "" : ", as before") }
    return "predicted to take \(before.rounded) → \(duration.after.rounded)"
  }

  private var table: Table {
    var table = Table(("change", .left), ("step", .left), ("what moved", .left))
    table.rows = steps.map { [$0.verdict.rawValue, $0.step, $0.differences.map(\.line).joined(separator: "; ")] }
    return table
  }

  fileprivate func text(_ style: TextStyle) -> String {
    style.paint("What changes in the run", .bold) + "  (\(head))\n" + (steps.isEmpty ? "" : table.text(style))
  }

  fileprivate var section: MarkdownPage.Section {
    let opening = "\n**What changes** in the run: \(head)\n"
    return steps.isEmpty ? .init(opening: opening) : table.section(opening: opening + "\n", noun: "changed step")
  }
}

extension ChangesetComparison.StepChange.Difference {
  /// `arguments.workers 2 → 4`.
  fileprivate var line: String { "\(at) \(Self.shown(before)) → \(Self.shown(after))" }

  private static func shown(_ value: JSONValue?) -> String {
    guard let value else { return "–" }
    return (value.string ?? (try? CanonicalJSON.text(value)) ?? "").visible
  }
}
