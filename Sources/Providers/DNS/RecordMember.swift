/// One of several record sets of one name and type, among which Route 53 chooses: by weight, or by health.
public struct RecordMember: Codable, Hashable, Sendable {
  /// Which of the two answers while both are well.
  public enum Role: String, Codable, Hashable, Sendable, CaseIterable { case primary, secondary }
  /// Its set identifier.
  public var name: String
  /// Its share among the members' weights; nil: as it is.
  public var weight: Int?
  public var failover: Role?
  /// The id of the health check by which it counts as well.
  public var healthCheck: String?

  public init(name: String, weight: Int? = nil, failover: Role? = nil, healthCheck: String? = nil) {
    self.name = name; self.weight = weight; self.failover = failover; self.healthCheck = healthCheck
  }

  static let weights = 0...255

  /// For people: "weight 100, health check 1a2b"; nil: it has none of that.
  var traits: String? {
    let parts = [weight.map { "weight \($0)" }, failover?.rawValue, healthCheck.map { "health check \($0)" }].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
