@testable import Calendar
import TestSupport
import Testing
import Units

@Suite("Time zones") struct ZoneTests {
  @Test("are unknown, or have no rule", arguments: [("Europe/Berln", Zone.Finding.unknown), ("Africa/Casablanca", .hasNoRule), ("", .unknown), ("!", .unknown), ("UTC0", .unknown)])
  func refused(_ name: String, _ finding: Zone.Finding) {
    #expect(throws: finding) { try Zone(named: name) }
  }

  @Test("each have a rule that can be read") func rules() throws {
    #expect(Zone.names.count > 550)
    #expect(Set(Zone.names).count == Zone.names.count)
    for name in Zone.names {
      do { _ = try Zone(named: name) } catch { #expect(error == .hasNoRule, "\(name)") }
    }
  }

  @Test("show what tzdata's clocks show", .enabled(if: TZif(named: "Europe/Berlin") != nil, "no tzdata is installed")) func installed() throws {
    // An older or newer edition differs where a government has changed its mind since.
    var differing: [String] = []
    for name in Zone.names {
      guard let zone = try? Zone(named: name), let file = TZif(named: name) else { continue }
      if file.disagrees(with: zone.rule) { differing.append(name) }
    }
    #expect(TZif.edition == TimeZoneRule.edition ? differing.isEmpty : differing.count < 30, "\(differing)")
  }
}

extension TZif {
  /// Around each change of eleven years, and where the rule knows one.
  func disagrees(with rule: TimeZoneRule) -> Bool {
    let listed = changes.map { $0.at / 60 }.filter { $0 > CivilDay(year: 2027, month: 1, day: 1).number * 1_440 }
    let ruled = (2027...2036).flatMap { rule.changes(in: $0).map(\.at) }
    let last = CivilDay(year: 2037, month: 1, day: 1).number * 1_440
    return (listed + ruled).filter { $0 < last }.flatMap { [$0 - 1, $0, $0 + 1] }.contains { rule.clock(at: $0).offset * 60 != offset(at: $0 * 60) }
      || rule.clock(at: last - 43_200).offset * 60 != offset(at: (last - 43_200) * 60)
  }
}
