import Diagnostics
import PlanLinting
import Testing

@Suite("estimate-exceeds-timeout") struct EstimateTests {
  @Test("an estimate longer than the time-out is found, in a step and in a protection") func estimates() {
    #expect(linted().of("estimate-exceeds-timeout") == [])
    let step = linted([(old: "timeout: 90m", new: "timeout: 50m")]).of("estimate-exceeds-timeout")
    #expect(step.map(\.summary) == ["the step `restore` of `lost` is believed to take 1h, and may take 50m"])
    let backup = linted([(old: "dump: 9m", new: "dump: 21m")]).of("estimate-exceeds-timeout")
    #expect(backup.map(\.summary) == ["a backup of `orders` by `regular` is believed to take 21m, and may take 20m"])
    #expect(linted([(old: "timeout: 90m", new: "retries: 1")]).of("estimate-exceeds-timeout") == [], "timeout-missing says it")
  }
}
