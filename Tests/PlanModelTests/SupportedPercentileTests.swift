import Glibc
import PlanModel
import Testing

@Suite("What n runs carry") struct SupportedPercentileTests {
  @Test("is the quantile that the slowest of them bounds with 95 %", arguments: [(0, 0), (1, 5), (2, 22), (4, 47), (12, 77), (29, 90), (59, 95), (299, 99), (5_000, 99)])
  func percentile(_ runs: Int, _ expected: Int) { #expect(SupportedPercentile.of(runs: runs) == expected) }

  @Test("is never more than the confidence allows, and never less") func tight() {
    for runs in 1...400 {
      let percentile = SupportedPercentile.of(runs: runs)
      func confidence(_ percentile: Int) -> Double { 1 - pow(Double(percentile) / 100, Double(runs)) }
      #expect(confidence(percentile) >= 0.95 - 1e-12)
      if percentile < 99 { #expect(confidence(percentile + 1) < 0.95) }
    }
  }
}
