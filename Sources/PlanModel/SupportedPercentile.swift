public import Units

/// What n runs can say of the next one: the slowest bounds the quantile q with confidence 1 − qⁿ, whatever the distribution (S. S. Wilks 1941).
public enum SupportedPercentile {
  /// The highest percentile that the slowest of so many runs bounds with a confidence of 95 %; 0 where there are none.
  public static func of(runs: Int) -> Int { (1...99).last { percentile in runs > 0 && runs >= needed(for: percentile) } ?? 0 }

  /// How many runs it takes to bound a percentile with that confidence.
  public static func needed(for percentile: Int) -> Int {
    let quantile = Double(min(max(percentile, 1), 99)) / 100
    var (runs, doubt) = (1, quantile)
    while doubt > 0.05 { runs += 1; doubt *= quantile }
    return runs
  }
}

extension Plan {
  /// How long recovery took in the passed runs of a scenario, drills and incidents: a benchmark of a part is no recovery.
  public func recoveries(from scenario: ScenarioName) -> [TimeSpan] {
    runs.compactMap { run in
      if case .benchmark = run.origin { return nil }
      return run.outcome == .passed && run.scenario == scenario ? run.recovery : nil
    }
  }
}
