public import AWSClient
internal import DNSClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// What whoever keeps the zone says of a name and of the mark beside it.
struct Standing: Hashable {
  var answers: Set<DNSData>
  /// Of the record; of none, how long it may be believed that there is none.
  var ttl: TimeSpan
  /// As it stands there, ours or not.
  var marks: [DNSData]
  /// What is in the way of a change.
  var obstacle: Obstacle?
  /// Of a zone whose records are sets with members: all there is.
  var sets: RecordSets?

  var shown: String { answers.map(\.description).sorted().joined(separator: " ") }
  var mark: RecordMark? { marks.count == 1 ? RecordMark(marks[0]) : nil }
  func mark(of owner: StepMark) -> RecordMark? { mark.flatMap { $0.by == RecordMark.owner(owner) ? $0 : nil } }
  var former: FormerAnswer { FormerAnswer(answers: answers.map(\.description).sorted(), ttl: ttl, set: sets?.own?.element.written) }
  var found: String { answers.isEmpty ? "has no such record" : "points to \(shown)" + (sets?.own?.traits.map { " (\($0))" } ?? "") }

  /// Whether the record is the same, whatever its mark and its neighbours are.
  func isAs(_ other: Standing) -> Bool { sets == nil ? answers == other.answers : sets?.own == other.sets?.own }
  func isAs(_ former: FormerAnswer, _ type: DNSRecordKind.RecordType) -> Bool {
    sets == nil ? answers == Set(former.answers.compactMap(type.data)) : sets?.own == former.set.flatMap(RecordSet.init(written:))
  }

  /// Whether the goal holds.
  func meets(_ goal: Goal) -> Bool {
    guard let sets else { return goal.answer.map { answers == [$0] } ?? false }
    guard let own = sets.own, goal.answer.map({ answers == [$0] && own.alias == nil }) ?? true else { return false }
    return own.meets(goal.member)
  }
}

/// Why a change cannot be made, and what would help.
struct Obstacle: Hashable {
  var what: String
  var help: String
}

/// What a step wants of a record.
struct Goal: Hashable {
  /// Nil: the one that it has.
  var answer: DNSData?
  /// Of a record with members: which, and what of it.
  var member: RecordMember?

  /// For people: "points to west.sie.example (weight 100)".
  var shown: String {
    let traits = member?.traits
    return answer.map { "points to \($0)" + (traits.map { " (\($0))" } ?? "") } ?? "has \(traits ?? "its answer")"
  }
}

/// One record of one zone, as a step sees it.
struct ZonePlace {
  let arguments: DNSRecordKind.Arguments
  let zone: DNSName
  let name: DNSName
  let markName: DNSName
  let client: DNSClient
  let keeper: any ZoneKeeping
  let now: @Sendable () -> Timestamp

  init(
    _ arguments: DNSRecordKind.Arguments, _ network: DNSNetwork, _ secrets: any SecretResolving, now: @escaping @Sendable () -> Timestamp,
    timeout: TimeSpan = .minutes(1), report: @escaping @Sendable (StepProgress) -> Void = { _ in }
  ) async throws(StepFailure) {
    guard let zone = DNSName(arguments.zone.zone), let name = arguments.zone.fullName(arguments.name), let mark = RecordMark.place(name) else {
      throw StepFailure("name-not-usable", "`\(arguments.name)` in `\(arguments.zone.zone)` is too long for a mark beside it, or no name", helps: ["write a shorter one in ASCII"])
    }
    (self.arguments, self.zone, self.name, markName, self.now, client) = (arguments, zone, name, mark, now, network.client)
    let names = ZoneNames(zone: zone, name: name, mark: mark)
    switch arguments.zone.keeper {
    case .server(let host, let key): keeper = try await NameServerKeeper(arguments, names, host, key, network.client, secrets, now: now)
    case .route53(let id, let access):
      keeper = try Route53Keeper(arguments, names, id, access, network.aws, secrets, patience: timeout, report: report)
    }
  }

  /// For people: a member where the record has some.
  var shown: String { arguments.shownRecord }

  /// Asks who takes the changes: credentials that are wrong are seen before anything depends on them.
  func look() async throws(StepFailure) -> Standing { try await keeper.look() }

  /// What a refused requirement means: somebody was quicker, or something else is in the way.
  func changedMeanwhile(_ now: Standing) -> StepFailure {
    StepFailure(
      "record-changed", "`\(name)` is not what it was a moment ago: somebody else is changing it, or it has records of another type", details: ["now `\(name)` \(now.found)", "nothing was changed"],
      helps: ["find out who: \(keeper.question)", "plan again, or resume the run to change what is there now"])
  }
}

struct ZoneNames: Sendable {
  var zone: DNSName
  var name: DNSName
  var mark: DNSName
}

/// What steps on names talk through.
public struct DNSNetwork: Sendable {
  var client: DNSClient
  var aws: AWSHost

  public init(aws: AWSHost) { client = DNSClient(); self.aws = aws }
}
