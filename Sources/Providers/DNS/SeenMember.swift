internal import CanonicalJSON

/// A member of a record, as an observation has it.
struct SeenMember: Hashable {
  var name: String
  var weight: Int?
  var failover: String?
  var healthCheck: String?

  init(_ member: RecordMember) { (name, weight, failover, healthCheck) = (member.name, member.weight, member.failover?.rawValue, member.healthCheck) }

  init?(_ value: JSONValue) {
    guard let name = value["member"]?.string else { return nil }
    self.name = name
    weight = value["weight"]?.int.map { Int($0) }
    failover = value["failover"]?.string
    healthCheck = value["healthCheck"]?.string
  }

  init?(_ set: RecordSet) {
    guard let name = set.member else { return nil }
    (self.name, weight, failover, healthCheck) = (name, set.weight, set.failover?.rawValue, set.healthCheck)
  }

  func meets(_ wanted: RecordMember) -> Bool {
    wanted.weight.map { $0 == weight } ?? true && wanted.failover.map { $0.rawValue == failover } ?? true && wanted.healthCheck.map { $0 == healthCheck } ?? true
  }

  var traits: [String: JSONValue] {
    var traits: [String: JSONValue] = [:]
    if let weight { traits["weight"] = .int(Int64(weight)) }
    if let failover { traits["failover"] = .string(failover) }
    if let healthCheck { traits["healthCheck"] = .string(healthCheck) }
    return traits
  }

  /// For people.
  var shown: String? { RecordMember(name: name, weight: weight, failover: failover.flatMap(RecordMember.Role.init), healthCheck: healthCheck).traits }

  var json: JSONValue { .object(traits.merging(["member": .string(name)]) { $1 }) }
}
