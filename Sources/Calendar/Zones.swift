/// A time zone by its name, as tzdata has it: nothing is read from the machine, so that a plan means the same everywhere.
public struct Zone: Hashable, Sendable {
  public let name: String
  public let rule: TimeZoneRule

  public enum Finding: Error, Hashable, Sendable {
    case unknown
    /// Its clock is changed by decree, as for Ramadan: no rule says when.
    case hasNoRule
  }

  public init(named name: String) throws(Finding) {
    guard let line = Self.lines.first(where: { $0.dropFirst().contains { $0 == name } }) else { throw .unknown }
    guard line[0] != "!" else { throw .hasNoRule }
    guard let rule = TimeZoneRule(line[0]) else { throw .unknown }
    self.name = name
    self.rule = rule
  }

  public static let utc = Zone(name: "UTC", rule: TimeZoneRule(winter: .init(abbreviation: "UTC", offset: 0), summer: nil))
  private init(name: String, rule: TimeZoneRule) { self.name = name; self.rule = rule }

  /// All that there are, for whoever mistyped one.
  public static var names: [String] { lines.flatMap { $0.dropFirst().map(String.init) } }

  /// Each a rule and the names of those that follow it.
  static var lines: [[Substring]] {
    TimeZoneRule.table.split(separator: "\n").map { $0.split(separator: " ") }
  }
}
