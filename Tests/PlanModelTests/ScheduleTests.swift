import Diagnostics
import Testing

@Suite("Reading schedules") struct ScheduleReadingTests {
  @Test("names what is wrong, where, and what to write", arguments: [
    (#"cron: "0 0 2 * * *", zone: UTC"#, "error[cron-field-count]: `cron` of the protection `regular`: has six fields, as schedulers with seconds write it; cron has five", "without the seconds: `0 2 * * *`"),
    (#"cron: "0 2 * * *""#, "error[missing-key]: the protection `regular` has a `cron` and no `zone`: nobody knows when its clock shows that", "add `zone: Europe/Berlin`, or `zone: UTC` if that is meant"),
    (#"cron: "0 2 31 2 *", zone: UTC"#, "error[wrong-value]: `cron` of the protection `regular`: `31 2` is a day that no year has", "it would never run: name a day that each of these months has"),
    (#"cron: "0 2 * * *", zone: Europe/Berln"#, "error[unknown-reference]: there is no time zone `Europe/Berln`", "did you mean `Europe/Berlin`?"),
    (#"cron: "0 2 * * *", zone: Africa/Casablanca"#, "error[wrong-value]: the clock of `Africa/Casablanca` is changed by decree", "write `zone: UTC`, or `every`"),
    (#"every: 30m, zone: UTC"#, "error[wrong-value]: `zone` of the protection `regular` says nothing: `every` counts the time that passes", "remove it, or write `cron` instead of `every`"),
    (#"every: 30m, cron: "0 2 * * *", zone: UTC"#, "error[too-many-keys]: the protection `regular` has both `every` and `cron`", ""),
    (#"zone: UTC"#, "error[missing-key]: the protection `regular` has none of `every`, `cron`", "add `every: 30m`"),
    (#"cron: "0 2 * * *", zone: UTC, clockChange: { gap: later }"#, "error[wrong-value]: `gap` of `clockChange` of the protection `regular` is `later`", ""),
    (#"every: 30m, overlap: skip"#, "error[wrong-value]: the protection `regular` cannot skip: what is due waits until the run at work has ended", "remove `overlap`"),
  ]) func refused(_ text: String, _ finding: String, _ help: String) throws {
    let found = diagnostics(replacing: "every: 30m", with: text)
    let one = try #require(found.first { oneLine($0).hasSuffix(finding) }, "\(found.map(oneLine))")
    #expect(help.isEmpty || one.helps.contains(help), "\(one.helps)")
  }

  @Test("takes what is right", arguments: [
    #"cron: "0 2 * * mon-fri", zone: Europe/Berlin"#, #"cron: "*/15 * * * *", zone: UTC, clockChange: { gap: skip, repeat: twice }"#, "every: 30m, overlap: queue",
  ]) func taken(_ text: String) { #expect(diagnostics(replacing: "every: 30m", with: text).map(oneLine) == []) }
}
