internal import Diagnostics
internal import PlanModel
public import ProviderInterface
public import Units
internal import YAMLReading

/// To which moment an instance is restored. RDS takes whole seconds.
public enum ChosenMoment: Codable, Hashable, Sendable {
  /// The last one that can be.
  case latest
  case at(Timestamp)
  /// The last whole second before a moment, which another step may give: a time in RFC 3339.
  case before(InputValue)
}

/// A moment that is known: a time, or the last one there is.
struct KnownMoment: Hashable, Sendable {
  /// Nil: the last one that can be restored.
  var time: Timestamp?

  /// As the API takes it: `2026-11-24T08:15:34Z`.
  var written: String? { time.map { "\($0)".prefix(19) + "Z" } }
}

extension ChosenMoment {
  /// Nil while another step has still to decide.
  var resolved: KnownMoment? {
    switch self {
    case .latest: KnownMoment(time: nil)
    case .at(let time): KnownMoment(time: Self.second(of: time))
    case .before(.text(let text)): Timestamp(text).map { KnownMoment(time: Self.second(of: $0 - .milliseconds(1))) }
    case .before: nil
    }
  }

  private static func second(of time: Timestamp) -> Timestamp {
    let rest = time.milliseconds % 1_000
    return Timestamp(milliseconds: time.milliseconds - (rest < 0 ? rest + 1_000 : rest))
  }

  /// In words, while another step has still to decide.
  var unknownUntil: String? {
    switch self {
    case .before(.output(let step, _)): "known when `\(step)` has run"
    case .before(.secret(let secret)): "known when the secret `\(secret.name)` is read"
    default: nil
    }
  }

  func shown(_ window: RestoreWindow?) -> String {
    guard let known = resolved else { return "before the bad data, \(unknownUntil ?? "known when it runs")" }
    return known.time.map { "\($0)" } ?? window.map { "the last moment, \($0.last)" } ?? "the last moment"
  }

  /// Why this moment cannot be restored; nil where it can, or nobody knows yet.
  func problem(in window: RestoreWindow?, of instance: String) -> String? {
    guard let window else { return "no moment of `\(instance)` can be restored: its automated backups are off, or the first of them is not done" }
    guard let time = resolved?.time, time < window.first || time > window.last else { return nil }
    return "\(time) cannot be restored: of `\(instance)` there is everything from \(window.first) to \(window.last)"
  }

  /// With what the steps before this one gave.
  ///
  /// - Throws: `output-missing`, or `time-unreadable` where the value is no time.
  func resolved(in context: PerformingContext) async throws(StepFailure) -> ChosenMoment {
    guard case .before(let input) = self else { return self }
    guard let moment = Timestamp(try await context.resolve(input).reveal()) else {
      throw StepFailure(
        "time-unreadable", "what must be restored from before is no time", details: ["a secret or another step's output stands there"],
        helps: ["it must be as `2026-11-24T08:15:34.250Z`, which `postgresql.findCorruption` gives as `time`"])
    }
    return .before(.text("\(moment)"))
  }
}

extension MappingReader {
  /// `latest`, which counts if nothing is written, a time, or `{ before: TIME }`, the time being an input. Nil where that is wrong.
  mutating func moment(_ key: String, in plan: Plan) -> ChosenMoment? {
    guard let node = node(key) else { return .latest }
    guard node.scalar == nil else {
      guard let text = text(key) else { return nil }
      if text.value == "latest" { return .latest }
      if let time = Timestamp(text.value) { return .at(time) }
      collector.add(
        Diagnostic("wrong-value", "`\(key)` of \(what) is `\(text.value)`", at: text.span, label: "expected `latest`, a time as `2026-11-24T08:15:34Z`, or `{ before: { output: STEP.time } }`"))
      return nil
    }
    guard var reader = MappingReader(node, "`\(key)` of \(what)", collector) else { return nil }
    let before = reader.required("before", example: "{ output: STEP.time }")
    let whole = "`before` of \(reader.what)"
    reader.finish()
    guard let before, let input = readInput(before, whole, in: plan, collector) else { return nil }
    guard case .text(let text) = input, Timestamp(text) == nil else { return .before(input) }
    collector.add(Diagnostic("wrong-value", "`\(text)` is no time", at: before.span, label: "expected `2026-11-24T08:15:34Z` or `{ output: STEP.time }`"))
    return nil
  }
}
