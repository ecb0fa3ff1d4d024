public import Diagnostics
public import Units

/// How a disaster is noticed.
public enum Detection: Sendable {
  case probe(ProbeRule)
  /// A monitoring system raises this alert, at the latest after so long.
  case alert(name: Located<String>, within: Located<TimeSpan>, coolDown: Located<TimeSpan>?)
  /// A person notices, at the latest after this long.
  case person(within: Located<TimeSpan>)

  public var rule: ProbeRule? { if case .probe(let rule) = self { rule } else { nil } }
}

/// When a failing probe counts as a disaster.
public struct ProbeRule: Sendable {
  public enum Condition: Sendable {
    /// It has been failing for this long; one success begins anew.
    case failing(Located<TimeSpan>)
    /// So many of the last `of` failed.
    case failures(atLeast: Int, of: Int, span: SourceSpan)
  }
  public var probe: Located<ProbeName>
  public var condition: Condition
  /// From where it is asked; empty: from one place that the plan does not name.
  public var from: [Located<SiteName>]
  /// In how many of these places the condition must hold.
  public var agreeing: Int
  /// How often the condition is evaluated; nil: whenever the probe has answered.
  public var evaluate: Located<TimeSpan>?
  /// How long nothing is triggered again.
  public var coolDown: Located<TimeSpan>?
  public var span: SourceSpan

  /// `fails for 5m`, `fails 9 of 10 times, in 2 of 3 places`.
  public var description: String {
    let condition =
      switch condition {
      case .failing(let span): "fails for \(span.value.rounded)"
      case .failures(let least, let all, _): "fails \(least) of \(all) times"
      }
    return condition + (from.isEmpty ? "" : ", in \(agreeing) of the places \(from.map(\.value.rawValue).joined(separator: ", "))")
      + (evaluate.map { ", looked at every \($0.value.rounded)" } ?? "") + (coolDown.map { "; not again for \($0.value.rounded)" } ?? "")
  }
}
