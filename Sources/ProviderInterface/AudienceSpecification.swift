public import PlanModel
public import Units

/// Somebody who is told during a run by the run itself: where and how often, without the plan file. Secrets are references. Part of the changeset.
public struct AudienceSpecification: Hashable, Sendable, Codable {
  /// One way to it; the next is tried where one does not take a message.
  public struct Way: Hashable, Sendable, Codable {
    public var by: Audience.Channel
    public var to: InputValue
    /// What opens it.
    public var key: SecretReference?
    /// Of mail: the sender.
    public var from: String?
    public init(by: Audience.Channel, to: InputValue, key: SecretReference?, from: String?) { self.by = by; self.to = to; self.key = key; self.from = from }
  }
  public enum Updates: Hashable, Sendable, Codable {
    case every(TimeSpan)
    case on(Audience.Occasion)
  }
  public var name: AudienceName
  public var ways: [Way]
  public var updates: Updates
  /// No internal name may reach it.
  public var isPublic: Bool
  /// What a message says while the run goes on, and the one at a good end; nil: our own words.
  public var template, ending: String?

  public init(name: AudienceName, ways: [Way], updates: Updates, isPublic: Bool, template: String?, ending: String?) {
    self.name = name; self.ways = ways; self.updates = updates; self.isPublic = isPublic; self.template = template; self.ending = ending
  }
}

extension Plan {
  /// Those whom a run tells by itself. Whoever has no `send` is told by people.
  public var audiences: [AudienceSpecification] {
    communication.compactMap { audience in
      let ways = audience.ways.compactMap { way -> AudienceSpecification.Way? in
        let to: InputValue? =
          switch way.to {
          case .text(let text): .text(text.value)
          case .secret(let name): reference(to: name.value).map { .secret($0) }
          }
        return to.map { AudienceSpecification.Way(by: way.by, to: $0, key: way.key.flatMap { reference(to: $0.value) }, from: way.from?.value) }
      }
      guard !ways.isEmpty else { return nil }
      let updates: AudienceSpecification.Updates =
        switch audience.updates {
        case .every(let span): .every(span.value)
        case .on(let occasion): .on(occasion)
        }
      return AudienceSpecification(
        name: audience.name.value, ways: ways, updates: updates, isPublic: audience.isPublic, template: audience.template?.value, ending: audience.ending?.value)
    }
  }
}
