public import ChangePlanning
public import PlanModel
public import Units
internal import CanonicalJSON
internal import Journaling
internal import ProviderInterface

/// One objective of a run: what was asked for, what was computed before it, what came of it.
public struct MeasuredObjective: Sendable, Encodable {
  public enum Verdict: String, Sendable, Encodable, CaseIterable {
    case met, missed
    /// Nobody can tell: nothing was measured, or only a bound that lies beyond the target.
    case notKnown = "not-known"
  }
  public var kind: PredictedObjective.Kind
  /// Nil: the service.
  public var dataClass: DataClassName?
  public var target: TimeSpan?
  /// The worst case; nil: unbounded.
  public var computed: TimeSpan?
  /// Nil: nothing was measured.
  public var measured: TimeSpan?
  /// It may have been less than what was measured.
  public var isAtMost: Bool
  /// Nil: nothing was asked for.
  public var verdict: Verdict?
  /// Whether it stayed within what was computed; nil where nothing was measured.
  public var isAsComputed: Bool?
  /// From what it was measured, or why it was not.
  public var how: String

  init(_ predicted: PredictedObjective, measured: TimeSpan?, isAtMost: Bool, how: String, isMissed: Bool = false) {
    kind = predicted.kind; dataClass = predicted.dataClass; target = predicted.target; computed = predicted.computed
    self.measured = measured; self.isAtMost = isAtMost; self.how = how
    verdict = predicted.target.map { target in
      if isMissed { return .missed }
      guard let measured else { return .notKnown }
      return measured <= target ? .met : isAtMost ? .notKnown : .missed
    }
    isAsComputed = measured.map { measured in predicted.computed.map { measured <= $0 } ?? true }
  }

  /// - Parameter disaster: when it happened, if a person says so; else the worst that the plan counts with is assumed.
  static func all(of state: RunState, disaster: Timestamp?) -> [MeasuredObjective] {
    state.changeset.prediction.objectives.map { objective in
      switch (objective.kind, objective.dataClass) {
      case (.rto, _): time(objective, state, disaster)
      case (.rpo, let dataClass?): loss(objective, of: dataClass, state, disaster)
      case (.rpo, nil): MeasuredObjective(objective, measured: nil, isAtMost: false, how: "of no data class")
      }
    }
  }

  private static func time(_ objective: PredictedObjective, _ state: RunState, _ disaster: Timestamp?) -> MeasuredObjective {
    let run = state.lastAt - state.startedAt
    let before = disaster.map { max(.zero, state.startedAt - $0) } ?? state.changeset.prediction.beforeRun
    let words = disaster == nil ? "\(before.rounded) for detection and decision, as the plan counts at worst" : "\(before.rounded) from the disaster to the run"
    guard state.result == .done else {
      // What has passed already is too long, however it ends.
      let isLate = objective.target.map { before + run > $0 && disaster != nil || run > $0 } ?? false
      return MeasuredObjective(objective, measured: nil, isAtMost: false, how: "the run is \(word(state)), \(run.rounded) after it began: nothing is recovered for certain", isMissed: isLate)
    }
    return MeasuredObjective(objective, measured: before + run, isAtMost: disaster == nil, how: "\(words) + \(run.rounded) of the run")
  }

  private static func loss(_ objective: PredictedObjective, of dataClass: DataClassName, _ state: RunState, _ disaster: Timestamp?) -> MeasuredObjective {
    let found = (0..<state.count).compactMap { index -> Loss? in
      guard state.specification(index).footprint.recovers == dataClass.rawValue, state[index].status == .done, let result = state[index].result else { return nil }
      return Loss(result, disaster ?? state.startedAt, isAssumed: disaster == nil)
    }
    guard !found.isEmpty else { return MeasuredObjective(objective, measured: nil, isAtMost: false, how: "no step of the run that is done brought it back") }
    // Several databases of one class: the worst counts, and one that nobody knows leaves all unknown.
    let unknown = found.first { $0.span == nil }
    guard unknown == nil, let worst = found.max(by: { ($0.span ?? .zero) < ($1.span ?? .zero) }) else {
      return MeasuredObjective(objective, measured: nil, isAtMost: false, how: unknown?.how ?? "")
    }
    return MeasuredObjective(objective, measured: worst.span, isAtMost: worst.isAtMost, how: worst.how)
  }
}

/// What one step that brought data back says of what is missing.
private struct Loss {
  var span: TimeSpan?
  var isAtMost: Bool
  var how: String

  init(_ result: StepResult, _ disaster: Timestamp, isAssumed: Bool) {
    let until = isAssumed ? "the run's beginning, since nobody said when the disaster was" : "the disaster"
    if let told = result.measurements["lostSpanAtMost"]?.string {
      let bytes = result.measurements["lostBytes"]?.string ?? "unknown"
      span = TimeSpan(told)
      isAtMost = bytes != "0B"
      how = span == nil ? "the step says that nobody knows" : "measured by the step: \(bytes) of the log"
    } else if case .text(let text)? = result.outputs["point"], let id = Self.began(text) {
      // Whole seconds, so it began at the earliest then, and holds all that was there.
      span = max(.zero, disaster - id)
      isAtMost = true
      how = "from the point \(text), begun \(id), to \(until)"
    } else if let silent = result.measurements["silentSeconds"]?.int {
      span = .seconds(silent)
      isAtMost = true
      how = "the replica had heard nothing for so long"
    } else {
      span = nil
      isAtMost = false
      how = "the step brought it back and measured no loss"
    }
  }

  /// `20261124T081534Z-4f2a91`: when the point was begun.
  private static func began(_ point: String) -> Timestamp? {
    let digits = Array(point.prefix(16))
    guard digits.count == 16, digits[8] == "T" else { return nil }
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return Timestamp("\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
  }
}
