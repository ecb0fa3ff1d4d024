public import CanonicalJSON
public import PlanModel
public import Units

/// What a watch in another place has seen, on its way to the one that decides. Times are ages: no two clocks need to agree.
public struct PlaceReport: Sendable {
  public var plan: String
  public var place: SiteName
  public var answers: [ProbeAnswer]

  public init(plan: String, place: SiteName, answers: [ProbeAnswer]) { self.plan = plan; self.place = place; self.answers = answers }

  public func json(sent: Timestamp) -> JSONValue {
    let answers = answers.map { answer -> JSONValue in
      guard case .object(var members) = WatchRecord.answer(answer).json else { return .null }
      for key in ["asked", "answered", "place"] { members[key] = nil }
      members["age"] = .int((sent - answer.answered).milliseconds)
      members["took"] = .int((answer.answered - answer.asked).milliseconds)
      return .object(members)
    }
    return ["plan": .string(plan), "place": .string(place.rawValue), "answers": .array(answers)]
  }

  /// More at once is nobody's report.
  public static let mostAnswers = 1_000
  private static let oldest: Int64 = 600_000

  /// Nil where it is no report.
  public init?(_ json: JSONValue, heard: Timestamp) {
    guard let plan = json["plan"]?.string, let place = json["place"]?.string, let list = json["answers"]?.array, list.count <= Self.mostAnswers
    else { return nil }
    self.init(plan: plan, place: SiteName(rawValue: place), answers: [])
    for item in list {
      guard let probe = item["probe"]?.string, let age = item["age"]?.int, let took = item["took"]?.int,
        (0...Self.oldest).contains(age), (0...Self.oldest).contains(took), let outcome = ProbeAnswer.Outcome(item)
      else { return nil }
      let answered = heard - .milliseconds(age)
      let asked = answered - .milliseconds(took)
      answers.append(ProbeAnswer(probe: ProbeName(rawValue: probe), place: self.place, asked: asked, answered: answered, outcome: outcome))
    }
  }
}
