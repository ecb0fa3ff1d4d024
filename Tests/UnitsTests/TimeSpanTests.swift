import CanonicalJSON
import Testing
import Units

@Suite("Time spans") struct TimeSpanTests {
  @Test("A span reads exactly", arguments: [
    ("0s", 0), ("250ms", 250), ("45s", 45_000), ("1.5h", 5_400_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1d2h3m4s5ms", 93_784_005),
    ("1.5h30m", 7_200_000), ("0.001s", 1), ("1.25m", 75_000), ("0.1s", 100), ("1.000000h", 3_600_000), ("090m", 5_400_000),
    ("30d", 2_592_000_000),
    // More than 64 bits on the way, not in the result.
    ("2562047788015.2h", 9_223_372_036_854_720_000),
  ] as [(String, Int64)]) func reads(text: String, milliseconds: Int64) {
    #expect(TimeSpan(text) == TimeSpan(milliseconds: milliseconds))
  }

  @Test("What is no span is not read", arguments: [
    "", "h", "1h1h", "30m1h", "-1h", "+1h", "1 h", "1H", "10", "1.h", ".5h", "1..5h", "1.5.5h", "1h ", " 1h", "1hr", "1h30", "0.5ms",
    "1.0005s",
    "1.0000001s", "1m1", "1e3s", "１h", "1µs", "1w", "unbounded", "ms", "1ms1s", "1,5h", "1h\u{0}",
  ]) func refuses(text: String) {
    #expect(TimeSpan(text) == nil)
  }

  @Test("A span is written in its canonical form, and read back", arguments: [
    (0, "0s"), (1, "1ms"), (999, "999ms"), (1_000, "1s"), (1_500, "1s500ms"), (60_000, "1m"), (5_400_000, "1h30m"), (86_400_000, "1d"),
    (93_784_005, "1d2h3m4s5ms"), (-5_400_000, "-1h30m"), (.max, "unbounded"), (.max - 1, "106751991167d7h12m55s806ms"),
    (-.max, "-106751991167d7h12m55s807ms"),
  ] as [(Int64, String)]) func writes(milliseconds: Int64, text: String) throws {
    let span = TimeSpan(milliseconds: milliseconds)
    #expect(span.description == text)
    #expect(try CanonicalJSON.text(span) == "\"\(text)\"")
    #expect(try CanonicalJSON.decode(TimeSpan.self, from: Array("\"\(text)\"".utf8)) == span)
  }

  @Test("Any whole number of milliseconds survives writing and reading") func roundTrip() {
    var milliseconds: Int64 = 1
    while milliseconds < .max / 3 {
      for value in [milliseconds - 1, milliseconds, milliseconds + 1] {
        #expect(TimeSpan(TimeSpan(milliseconds: value).description)?.milliseconds == value)
      }
      milliseconds = milliseconds * 3 + 7
    }
  }

  @Test("For people a span is rounded up to two units", arguments: [
    (0, "0s"), (999, "999ms"), (1_000, "1s"), (1_001, "1.1s"), (1_500, "1.5s"), (59_900, "59.9s"), (59_901, "1m"), (59_999, "1m"),
    (60_000, "1m"),
    (61_001, "1m 2s"), (3_599_001, "1h"), (4_440_000, "1h 14m"), (4_440_001, "1h 15m"), (86_399_999, "1d"), (90_000_000, "1d 1h"),
    (90_000_001, "1d 2h"),
    (-61_500, "-1m 1s"), (.max, "unbounded"),
  ] as [(Int64, String)]) func rounds(milliseconds: Int64, text: String) {
    #expect(TimeSpan(milliseconds: milliseconds).rounded == text)
  }

  @Test("Too much is the longest span, never a trap") func saturates() {
    let shortest = TimeSpan(milliseconds: .min)
    #expect(TimeSpan("99999999999999999999d") == .longest)
    #expect(TimeSpan("99999999999999999999.5ms") == .longest)
    #expect(TimeSpan("200000000000d") == .longest)
    #expect(TimeSpan("106751991167d99999h") == .longest)
    #expect(TimeSpan.longest + .longest == .longest)
    #expect(TimeSpan.longest + .milliseconds(1) == .longest)
    #expect(TimeSpan.longest * 2 == .longest)
    #expect(TimeSpan.longest * -2 == shortest)
    #expect(shortest - .milliseconds(1) == shortest)
    #expect(TimeSpan.zero - shortest == .longest)
    #expect(TimeSpan.milliseconds(-1) - shortest == .longest)
    #expect(shortest - shortest == .zero)
    #expect(TimeSpan.days(.max) == .longest)
    #expect(TimeSpan.days(.min) == shortest)
    #expect(shortest.description == "-106751991167d7h12m55s808ms")
    #expect(shortest.rounded.hasPrefix("-106751991167d"))
    var sum = TimeSpan.longest
    sum += .seconds(1)
    #expect(sum == .longest)
  }

  @Test("Text that is no span cannot be decoded", arguments: [
    "\"\"", "\"10\"", "10", "null", "\"--1h\"", "\"-unbounded\"",
  ]) func decoding(json: String) {
    #expect(throws: (any Error).self) { try CanonicalJSON.decode(TimeSpan.self, from: Array(json.utf8)) }
  }
}
