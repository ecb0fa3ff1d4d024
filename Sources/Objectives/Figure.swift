public import Diagnostics
public import PlanModel
public import Units

/// One part of a computed figure, and where it comes from. A figure is never a bare number: it is a sum of these.
public struct Term: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// Stated by the plan as a fact: an interval, a probe's time-out.
    case plan(SourceSpan)
    /// Promised by the provider of a managed database, until it has been observed.
    case promise(SourceSpan)
    /// What the author believes, until there is evidence.
    case estimate(SourceSpan)
    /// Taken from evidence.
    case measured(Measurement)
    /// Neither estimate nor evidence: the step counts with its time-out and all its retries.
    case timeout(SourceSpan?)
  }
  /// What takes the time: `interval`, `dump`, `copy to west`.
  public var name: String
  public var amount: TimeSpan
  public var source: Source
  public init(_ name: String, _ amount: TimeSpan, _ source: Source) { self.name = name; self.amount = amount; self.source = source }
}

extension Term.Source {
  /// What the author believes, or what was measured in its place.
  init(_ span: SourceSpan, in plan: Plan) { self = plan.measurements[span].map(Term.Source.measured) ?? .estimate(span) }
}

/// A worst case as a sum of named terms.
public struct Figure: Hashable, Sendable {
  public var terms: [Term]
  /// It is never worse than this, but may be better: several things would have to meet that perhaps cannot. Otherwise the figure is exact.
  public var isBound: Bool
  public init(_ terms: [Term], isBound: Bool = false) { self.terms = terms; self.isBound = isBound }
  public var total: TimeSpan { terms.reduce(.zero) { $0 + $1.amount } }

  /// `1h interval + 9m dump + 3m upload`, in the order in which the time passes.
  public var sum: String {
    let shown = terms.filter { $0.amount != .zero }
    return shown.isEmpty ? "0s" : shown.map { "\($0.amount.rounded) \($0.name)" }.joined(separator: " + ")
  }

  /// `estimate at line 30; time-out at line 41`, each place once; what does not stand in the plan's file is named with its own.
  public func sources(in path: String) -> String {
    func place(_ span: SourceSpan) -> String { span.path == path ? "line \(span.start.line)" : "\(span.path):\(span.start.line)" }
    var seen: [String] = []
    for term in terms {
      let text: String? =
        switch term.source {
        case .plan: nil
        case .measured(let measurement): measurement.description
        case .promise(let span): "promise at \(place(span))"
        case .estimate(let span): "estimate at \(place(span))"
        case .timeout(let span): span.map { "time-out at \(place($0))" } ?? "default time-out"
        }
      if let text, !seen.contains(text) { seen.append(text) }
    }
    return seen.joined(separator: "; ")
  }
}

/// A worst case: a figure, or the reason why there is none.
public enum WorstCase: Hashable, Sendable {
  case bounded(Figure)
  /// Nothing limits it: no point survives, or nothing is protected.
  case unbounded(reason: String)
  /// It may be lost, so nothing is counted: what is said instead.
  case exempt(String)

  public var figure: Figure? { if case .bounded(let figure) = self { figure } else { nil } }
  /// `TimeSpan.longest` where nothing limits it.
  public var total: TimeSpan {
    switch self {
    case .bounded(let figure): figure.total
    case .unbounded: .longest
    case .exempt: .zero
    }
  }
  /// The sum, or why there is none.
  public var explanation: String {
    switch self {
    case .bounded(let figure): figure.sum
    case .unbounded(let reason): reason
    case .exempt(let instead): instead
    }
  }
}
