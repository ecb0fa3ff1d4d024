internal import Diagnostics
public import PlanModel
public import ProviderInterface

/// A server as the arguments of a step name it, with all that leads to it.
public protocol ServerReferring: Codable, Hashable, Sendable {
  static var kind: ServerKind { get }
  var server: ServerName { get }
  /// Without these nobody gets in.
  var secrets: [SecretReference] { get }
  /// Nil if the server is unknown or of another kind, or if a secret of it is unknown.
  init?(_ name: ServerName, in plan: Plan)
}

extension ServerReferring {
  /// The server itself, and what opens it.
  public var requirements: [Requirement] { [.server(server)] + secrets.map { .secret($0.name) } }
}

extension MappingReader {
  /// A server of the plan that must be of the reference's kind.
  public mutating func server<Reference: ServerReferring>(_ key: String, in plan: Plan, as _: Reference.Type = Reference.self) -> Reference? {
    guard let name: Located<ServerName> = requiredText(key, example: "SERVER").map({ $0.map { ServerName(rawValue: $0) } }) else { return nil }
    if let problem = plan.problem(with: name, as: Reference.kind) { collector.add(problem); return nil }
    return Reference(name.value, in: plan)
  }

  /// A data class that must live on servers of one kind.
  public mutating func dataClass(_ key: String, on kind: ServerKind, in plan: Plan) -> DataClass? {
    guard let dataClass = dataClass(key, in: plan) else { return nil }
    guard let other = dataClass.servers.compactMap({ plan.server($0.value) }).first(where: { $0.kindName != kind }) else { return dataClass }
    collector.add(
      Diagnostic(
        "wrong-value", "\(what) is for a \(kind.noun), and `\(dataClass.name.value)` lives on `\(other.name.value)`, a \(other.kindName.noun)",
        at: span(of: key), related: [.init(span: dataClass.name.span, label: "the data class")], helps: ["name a data class that lives on a \(kind.noun)"]))
    return nil
  }
}
