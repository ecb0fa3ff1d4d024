public import CanonicalJSON
public import PlanModel
public import Units

/// What one asking of a probe came to.
public struct ProbeAnswer: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case works
    /// What is wrong, in words that hold no secret.
    case fails(String)
    /// It could not be asked, for a reason of our own: says nothing of the service.
    case notAsked(String)
  }
  public var probe: ProbeName
  /// From where it was asked; nil: from the place of whoever watches, which has no name.
  public var place: SiteName?
  /// When the question was sent, and when its answer or its time-out came.
  public var asked: Timestamp
  public var answered: Timestamp
  public var outcome: Outcome

  public init(probe: ProbeName, place: SiteName?, asked: Timestamp, answered: Timestamp, outcome: Outcome) {
    self.probe = probe; self.place = place; self.asked = asked; self.answered = answered; self.outcome = outcome
  }
}

/// What a monitoring system says of one alert.
public struct AlertNews: Hashable, Sendable {
  public var name: String
  /// Tells alerts of one name apart: one for each set of labels.
  public var fingerprint: String
  public var isFiring: Bool
  public var heard: Timestamp
  public init(name: String, fingerprint: String, isFiring: Bool, heard: Timestamp) {
    self.name = name; self.fingerprint = fingerprint; self.isFiring = isFiring; self.heard = heard
  }
}

/// All that a watch is told, as its log keeps it: a line each, to be replayed.
public enum WatchRecord: Hashable, Sendable {
  case answer(ProbeAnswer)
  case alert(AlertNews)

  /// When it was known.
  public var at: Timestamp {
    switch self {
    case .answer(let answer): answer.answered
    case .alert(let news): news.heard
    }
  }

  public var json: JSONValue {
    switch self {
    case .answer(let answer):
      var members: [String: JSONValue] = [
        "probe": .string(answer.probe.rawValue), "asked": .string(answer.asked.description), "answered": .string(answer.answered.description),
      ]
      if let place = answer.place { members["place"] = .string(place.rawValue) }
      switch answer.outcome {
      case .works: members["outcome"] = "works"
      case .fails(let why): members["outcome"] = "fails"; members["why"] = .string(why)
      case .notAsked(let why): members["outcome"] = "not-asked"; members["why"] = .string(why)
      }
      return .object(members)
    case .alert(let news):
      return [
        "alert": .string(news.name), "fingerprint": .string(news.fingerprint), "firing": .bool(news.isFiring), "heard": .string(news.heard.description),
      ]
    }
  }

  /// Nil where it is no record.
  public init?(_ json: JSONValue) {
    if let name = json["alert"]?.string {
      guard let firing = json["firing"]?.bool, let heard = json["heard"]?.string.flatMap({ Timestamp($0) }) else { return nil }
      self = .alert(AlertNews(name: name, fingerprint: json["fingerprint"]?.string ?? "", isFiring: firing, heard: heard))
      return
    }
    guard let probe = json["probe"]?.string, let asked = json["asked"]?.string.flatMap({ Timestamp($0) }),
      let answered = json["answered"]?.string.flatMap({ Timestamp($0) }), let outcome = ProbeAnswer.Outcome(json)
    else { return nil }
    self = .answer(
      ProbeAnswer(
        probe: ProbeName(rawValue: probe), place: json["place"]?.string.map { SiteName(rawValue: $0) }, asked: asked, answered: answered, outcome: outcome))
  }
}

extension ProbeAnswer.Outcome {
  /// Of `outcome` and `why`; nil where it is none.
  public init?(_ json: JSONValue) {
    let why = json["why"]?.string ?? "no reason given"
    switch json["outcome"]?.string {
    case "works": self = .works
    case "fails": self = .fails(why)
    case "not-asked": self = .notAsked(why)
    default: return nil
    }
  }

  public var works: Bool { self == .works }
}
