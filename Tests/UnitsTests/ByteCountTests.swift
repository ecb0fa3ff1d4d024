import CanonicalJSON
import Testing
import Units

@Suite("Sizes and rates") struct ByteCountTests {
  @Test("A size reads exactly", arguments: [
    ("0B", 0), ("512B", 512), ("1kB", 1_000), ("1KB", 1_000), ("1KiB", 1_024), ("64MiB", 67_108_864), ("120GB", 120_000_000_000),
    ("1.5TiB", 1_649_267_441_664), ("1.5kB", 1_500), ("0.5KiB", 512), ("1.234567TB", 1_234_567_000_000), ("2PB", 2_000_000_000_000_000),
    // More than 64 bits on the way, not in the result.
    ("1.000000PB", 1_000_000_000_000_000), ("120.123456TB", 120_123_456_000_000), ("8191.5PiB", 9_222_809_086_901_354_496),
  ] as [(String, Int64)]) func reads(text: String, bytes: Int64) {
    #expect(ByteCount(text) == ByteCount(bytes: bytes))
  }

  @Test("What is no size is not read", arguments: [
    "", "B", "10", "1 GB", "1gb", "-1GB", "1.5B", "0.1KiB", "1GB1MB", "1GB ", "GB", "1.GB", "1b", "1K", "1e9B", "1GB/s",
  ])
  func refuses(text: String) {
    #expect(ByteCount(text) == nil)
  }

  @Test("A size is written with the largest unit that divides it, and read back", arguments: [
    (0, "0B"), (1, "1B"), (999, "999B"), (1_000, "1kB"), (1_024, "1KiB"), (1_500, "1500B"), (67_108_864, "64MiB"),
    (120_000_000_000, "120GB"),
    (1_024_000, "1000KiB"), (.max, "9223372036854775807B"),
  ] as [(Int64, String)]) func writes(bytes: Int64, text: String) throws {
    #expect(ByteCount(bytes: bytes).description == text)
    #expect(ByteCount(text)?.bytes == bytes)
    #expect(try CanonicalJSON.decode(ByteCount.self, from: CanonicalJSON.bytes(ByteCount(bytes: bytes))).bytes == bytes)
  }

  @Test("For people a size has three digits", arguments: [
    (0, "0 B"), (999, "999 B"), (1_000, "1.00 kB"), (1_239, "1.23 kB"), (12_390, "12.3 kB"), (123_900, "123 kB"), (999_999, "999 kB"),
    (1_000_000, "1.00 MB"), (1_230_000_000, "1.23 GB"), (120_000_000_000, "120 GB"), (.max, "9223 PB"),
  ] as [(Int64, String)]) func rounds(bytes: Int64, text: String) {
    #expect(ByteCount(bytes: bytes).rounded == text)
  }

  @Test("Too much is the largest size, never a trap") func saturates() {
    #expect(ByteCount("99999999999999999999PB") == ByteCount(bytes: .max))
    #expect(ByteCount("9999PB") == ByteCount(bytes: .max))
    #expect(ByteCount(bytes: .max) + ByteCount(bytes: 1) == ByteCount(bytes: .max))
  }

  @Test("A rate reads and is written", arguments: [
    ("200MB/s", 200_000_000, "200MB/s"), ("1.5GiB/s", 1_610_612_736, "1536MiB/s"), ("1B/s", 1, "1B/s"),
  ])
  func rate(text: String, bytes: Int64, written: String) throws {
    let rate = try #require(ByteRate(text))
    #expect(rate.perSecond.bytes == bytes)
    #expect(rate.description == written)
    #expect(try CanonicalJSON.decode(ByteRate.self, from: CanonicalJSON.bytes(rate)) == rate)
  }

  @Test("What is no rate is not read", arguments: [
    "", "/s", "200MB", "0B/s", "200MB/m", "200/s", "200MB/s ", "200 MB/s", "-1B/s",
  ]) func refusesRate(text: String) {
    #expect(ByteRate(text) == nil)
  }

  @Test("A size takes its time at a rate, rounded up", arguments: [
    (120_000_000_000, 200_000_000, 600_000), (0, 5, 0), (1, 1_000, 1), (1, 1_001, 1), (1_001, 1_000, 1_001), (10, 3, 3_334), (1, 3, 334),
    (.max, 1, .max), (.max, .max, 1_000), (.max - 1, .max, 1_000), (5, 0, .max), (0, 0, 0), (5, -1, .max),
  ] as [(Int64, Int64, Int64)]) func time(bytes: Int64, rate: Int64, milliseconds: Int64) {
    #expect(ByteRate(perSecond: ByteCount(bytes: rate)).time(for: ByteCount(bytes: bytes)).milliseconds == milliseconds)
  }
}
