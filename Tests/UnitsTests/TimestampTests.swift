import CanonicalJSON
import Testing
import Units

@Suite("Timestamps") struct TimestampTests {
  @Test("A known instant reads and is written", arguments: [
    (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"), (-86_400_000, "1969-12-31T00:00:00Z"),
    (951_782_400_000, "2000-02-29T00:00:00Z"), (951_868_800_000, "2000-03-01T00:00:00Z"), (1_709_164_800_000, "2024-02-29T00:00:00Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00Z"), (4_107_456_000_000, "2100-02-28T00:00:00Z"), (-2_203_891_200_000, "1900-03-01T00:00:00Z"),
    (1_000_000_000_000, "2001-09-09T01:46:40Z"), (2_147_483_647_000, "2038-01-19T03:14:07Z"),
    (1_795_508_134_250, "2026-11-24T08:15:34.250Z"),
    (1_483_228_800_000, "2017-01-01T00:00:00Z"), (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
    (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
    (-62_162_121_600_000, "0000-02-29T00:00:00Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    (1_767_225_599_007, "2025-12-31T23:59:59.007Z"),
  ] as [(Int64, String)]) func known(milliseconds: Int64, text: String) throws {
    #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    #expect(Timestamp(milliseconds: milliseconds).description == text)
    let encoded = try CanonicalJSON.bytes(Timestamp(milliseconds: milliseconds))
    #expect(try CanonicalJSON.decode(Timestamp.self, from: encoded).milliseconds == milliseconds)
  }

  @Test("Offsets and the forms of PostgreSQL are read", arguments: [
    "2026-11-24T08:15:34.25Z", "2026-11-24 08:15:34.25+00", "2026-11-24t08:15:34.250z", "2026-11-24T09:15:34.250+01:00",
    "2026-11-24T13:45:34.25+05:30",
    "2026-11-24 13:45:34.25+0530", "2026-11-23T22:15:34.25-10", "2026-11-24T08:15:34.250999999-00:00", "2026-11-25T08:14:34.25+23:59",
  ]) func offsets(text: String) {
    #expect(Timestamp(text)?.description == "2026-11-24T08:15:34.250Z")
  }

  @Test("A leap second is the second after it") func leapSecond() {
    #expect(Timestamp("2016-12-31T23:59:60Z") == Timestamp("2017-01-01T00:00:00Z"))
  }

  @Test("What is no instant is not read", arguments: [
    "", "2026-11-24", "2026-11-24T08:15Z", "2026-11-24T08:15:34", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
    "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1", "2026-01-01T00:00:00+05:",
    "2026-01-01T00:00:00+05:3",
    "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+05:60", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ",
    "-2026-01-01T00:00:00Z",
    "12026-01-01T00:00:00Z", "2026-1-01T00:00:00Z", "2026/01/01T00:00:00Z", "infinity", "２026-01-01T00:00:00Z",
    "2026-01-01T00:00:00+00:00:00",
  ]) func refuses(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test("Every day of the 400 years after which the calendar repeats reads back as it was written") func everyDay() {
    let first: Int64 = -11_676_096_000_000  // 1600-01-01
    let faults = (Int64(0)..<146_097).filter { day in
      let instant = Timestamp(milliseconds: first + day * 86_400_000 + day % 86_400_000)
      return Timestamp(instant.description) != instant
    }
    #expect(faults == [])
    #expect(Timestamp(milliseconds: first + 146_097 * 86_400_000).description == "2000-01-01T00:00:00Z")
  }

  @Test("Sums and differences saturate") func saturates() {
    let last = Timestamp(milliseconds: .max)
    let first = Timestamp(milliseconds: .min)
    #expect(last + .seconds(1) == last)
    #expect(first - .seconds(1) == first)
    #expect(last - first == .longest)
    #expect(last - Timestamp(milliseconds: -1) == .longest)
    #expect(first - last == TimeSpan(milliseconds: .min))
    #expect(Timestamp(milliseconds: 0) - TimeSpan(milliseconds: .min) == last)
    #expect(Timestamp(milliseconds: 5_000) - Timestamp(milliseconds: 8_000) == .seconds(-3))
  }

  @Test("An instant beyond what RFC 3339 can write is written as the last or first one") func beyond() {
    #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
    #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00Z")
    #expect(Timestamp(milliseconds: .max).compact == "99991231T235959Z")
  }

  @Test("Shorter forms") func forms() throws {
    let instant = try #require(Timestamp("2026-01-02T03:04:05.678Z"))
    #expect(instant.compact == "20260102T030405Z")
    #expect(instant.timeOfDay == "03:04:05")
  }

  @Test("Text sorts as instants do") func order() {
    let instants = [-62_135_596_800_000, -1, 0, 999, 1_000, 1_764_000_000_000, 253_402_300_799_000].map { Timestamp(milliseconds: $0) }
    #expect(instants.sorted() == instants)
    #expect(instants.map(\.compact).sorted() == instants.map(\.compact))
  }
}
