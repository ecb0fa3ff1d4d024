internal import Diagnostics
public import PlanModel
public import ProviderInterface

/// A Redis server and the database that its URL names.
public struct RedisReference: Hashable, Sendable, Codable {
  public var server: ServerName
  public var url: SecretReference
  public init(server: ServerName, url: SecretReference) { self.server = server; self.url = url }
}

extension Plan {
  /// Nil if the server is unknown, is no Redis server, or its secret is unknown.
  public func redis(_ name: ServerName) -> RedisReference? {
    guard case .redis(let url)? = server(name)?.kind else { return nil }
    return reference(to: url.value).map { RedisReference(server: name, url: $0) }
  }
}

extension MappingReader {
  /// A server that must be a Redis server of the plan.
  mutating func redis(_ key: String, in plan: Plan) -> RedisReference? {
    guard let name: Located<ServerName> = requiredText(key, example: "SERVER").map({ $0.map { ServerName(rawValue: $0) } }) else { return nil }
    if let problem = plan.problem(with: name, as: .redis) { collector.add(problem); return nil }
    return plan.redis(name.value)
  }

  /// A data class that must live on Redis servers.
  mutating func redisClass(_ key: String, in plan: Plan) -> DataClass? {
    guard let dataClass = dataClass(key, in: plan) else { return nil }
    guard let other = dataClass.servers.compactMap({ plan.server($0.value) }).first(where: { $0.kindName != .redis }) else { return dataClass }
    collector.add(
      Diagnostic(
        "wrong-value", "\(what) is for a Redis server, and `\(dataClass.name.value)` lives on `\(other.name.value)`, a \(other.kindName.noun)",
        at: span(of: key), related: [.init(span: dataClass.name.span, label: "the data class")], helps: ["name a data class that lives on a Redis server"]))
    return nil
  }
}
