internal import CanonicalJSON
internal import DNSClient
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `dns.record`: points a name elsewhere, if nobody else does so at the same moment, and waits until clients are there.
public enum DNSRecordKind: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var zone: DNSZoneReference
    /// Without the zone; `@` is the zone itself.
    public var name: String
    public var type: RecordType
    /// Nil: the answer stays, and something else of a member changes.
    public var to: InputValue?
    /// What it must point to before; nil: wherever it points.
    public var from: String?
    /// What the plan counts with: so long clients may keep the former answer, and they may keep the new one.
    public var ttl: TimeSpan?
    /// Of Route 53: which member is meant; nil: the record has none.
    public var member: RecordMember?
  }

  public enum RecordType: String, Codable, Hashable, Sendable, CaseIterable { case A, AAAA, CNAME }

  public static let name: StepKindName = "dns.record"
  public static let summary = "Points a name elsewhere if it still points where it did, and waits until the old answer's time to live is over."
  public static let fields = [
    Field("zone", .name(of: ServerKind.dns.noun), "The zone; needed where the plan has several."),
    Field("name", .text, required: true, "The name, without the zone; `@` for the zone itself."),
    Field("type", .choice(RecordType.allCases.map(\.rawValue)), "The record's type; `CNAME` if not given."),
    Field("to", .input, "The new answer; needed unless only a member's weight, role or health check changes."),
    Field("from", .text, "The answer that must be there before; the step fails where it finds another. Any answer if not given."),
    Field("ttl", .timeSpan, "The record's time to live, before and after: so long clients may still go to the old place, and the step takes so much longer than its estimate."),
    Field("member", .text, "At Route 53: which of several record sets of that name and type is meant, by its set identifier. The others stay as they are."),
    Field("weight", .integer, "The member's weight, 0 to 255: its share of the answers. As it is if not given."),
    Field("failover", .choice(RecordMember.Role.allCases.map(\.rawValue)), "The member's role: the secondary answers while the primary's health check fails. As it is if not given."),
    Field("healthCheck", .text, "The id of the member's health check. As it is if not given."),
  ]
  public static let outputs = ["former": "the answer before, several parted by spaces; empty if there was none"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let known = fields.collector.diagnostics.count
    let zone = zone(&fields, context.plan)
    let name = fields.requiredText("name", example: "api")
    let type = fields.choice("type", of: RecordType.self)?.value ?? .CNAME
    let member = member(&fields, zone)
    let node = member?.traits == nil ? fields.required("to", example: "west.sie.example") : fields.node("to")
    let to = node.flatMap { readInput($0, "`to` of \(fields.what)", in: context.plan, fields.collector) }
    let from = fields.text("from")
    let ttl = fields.timeSpan("ttl")
    func wrong(_ summary: String, _ key: String, _ help: String) {
      fields.collector.add(Diagnostic("wrong-value", "`\(key)` of \(fields.what) \(summary)", at: fields.span(of: key), helps: [help]))
    }
    if let zone, let name {
      if let full = DNSName(name.value), let parent = DNSName(zone.zone), full.isWithin(parent) {
        wrong("is `\(name.value)`, with its zone", "name", "write it without `\(zone.zone)`; `@` is the zone itself")
      } else if zone.fullName(name.value) == nil {
        wrong("is `\(name.value)`, which is no name in `\(zone.zone)`", "name", "write it in ASCII, such as `api`")
      }
    }
    switch to {
    case .text(let text) where type.data(text) == nil: wrong("is `\(text)`, which no \(type.rawValue) record can say", "to", "write \(type.example)")
    // An answer is told to everybody who asks.
    case .secret: wrong("is a secret", "to", "write it out: whoever asks the name server is told it")
    default: break
    }
    if let from, type.data(from.value) == nil { wrong("is `\(from.value)`, which no \(type.rawValue) record can say", "from", "write \(type.example)") }
    if let ttl, ttl.value.milliseconds % 1_000 != 0 || ttl.value > Self.longestTTL { wrong("is `\(ttl.value)`", "ttl", "write whole seconds, such as `60s` or `5m`, up to 68 years") }
    guard fields.collector.diagnostics.count == known, let zone, let name else { return nil }
    return Arguments(zone: zone, name: name.value, type: type, to: to, from: from?.value, ttl: ttl?.value, member: member)
  }

  /// `member` and what belongs to it.
  private static func member(_ fields: inout MappingReader, _ zone: DNSZoneReference?) -> RecordMember? {
    let name = fields.text("member")
    let weight = fields.integer("weight", in: RecordMember.weights)
    let failover = fields.choice("failover", of: RecordMember.Role.self)
    let check = fields.text("healthCheck")
    func wrong(_ code: DiagnosticCode, _ summary: String, _ key: String, _ help: String) {
      fields.collector.add(Diagnostic(code, summary, at: fields.span(of: key), helps: [help]))
    }
    let given = ["member", "weight", "failover", "healthCheck"].filter { fields.contains($0) }
    guard let first = given.first else { return nil }
    if let zone, !zone.hasMembers {
      wrong("wrong-value", "`\(first)` of \(fields.what) is of Route 53 only, and `\(zone.server)` is a name server", first, "remove it, or name a zone with `route53`")
    } else if !given.contains("member") {
      wrong("missing-key", "\(fields.what) has `\(first)` and no `member`", first, "write which record set is meant: `member: east`, as Route 53 has its set identifier")
    }
    if weight != nil, let failover {
      fields.collector.add(
        Diagnostic("too-many-keys", "\(fields.what) has both `weight` and `failover`", at: failover.span, label: "Route 53 chooses among members by one or the other"))
    }
    if let name, !(1...128).contains(name.value.utf8.count) { wrong("wrong-value", "`member` of \(fields.what) has \(name.value.utf8.count) bytes", "member", "a set identifier has 1 to 128") }
    return name.map { RecordMember(name: $0.value, weight: weight?.value, failover: failover?.value, healthCheck: check?.value) }
  }

  /// RFC 2181, section 8.
  private static let longestTTL = TimeSpan.seconds(Int64(Int32.max))

  private static func zone(_ fields: inout MappingReader, _ plan: Plan) -> DNSZoneReference? {
    let all = plan.servers(of: .dns)
    let written: Located<ServerName>? = fields.name("zone")
    if let written, let problem = plan.problem(with: written, as: .dns) { fields.collector.add(problem); return nil }
    guard let server = written.map({ name in all.first { $0.name.value == name.value } }) ?? (all.count == 1 ? all.first : nil) else {
      guard !fields.keys.contains("zone") else { return nil }
      let which = all.isEmpty ? "define a \(ServerKind.dns.noun) under `servers`" : "write which: " + all.map { "`\($0.name.value)`" }.joined(separator: ", ")
      fields.collector.add(
        Diagnostic("missing-key", "\(fields.what) has no `zone`, and the plan has \(all.isEmpty ? "no" : "more than one") \(ServerKind.dns.noun)", at: fields.span, helps: [which]))
      return nil
    }
    guard case .dns(let zone) = server.kind else { return nil }
    guard DNSName(zone.zone) != nil else {
      fields.collector.add(
        Diagnostic("wrong-value", "`zone` of the server `\(server.name.value)` is `\(zone.zone)`, which is no name in ASCII", at: server.name.span, helps: ["write it like `sie.example`"]))
      return nil
    }
    return DNSZoneReference(server.name.value, zone, in: plan)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let zone = arguments.zone
    var footprint = Footprint(reads: [.server(zone.server)], writes: [.named("dns:\(zone.server)/\(arguments.name)" + (arguments.member.map { "/\($0.name)" } ?? ""))], requires: [.server(zone.server)])
    if let secret = zone.secret { footprint.requires.insert(.secret(secret.name)) }
    return footprint
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("puts the former answer back, if nobody else has changed it") }

  public static func waits(_ arguments: Arguments) -> (field: String, amount: TimeSpan)? { arguments.ttl.map { ("ttl", $0) } }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let name = arguments.shownRecord
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "where \(name) points could not be seen: \(reason)") }
    guard let answers = observation.facts[Fact.answer]?.array?.compactMap(\.string) else { return Change(.unknown, reason: "where \(name) points was not looked at") }
    let member = arguments.member
    let seen = member.flatMap { wanted in observation.facts[Fact.member].flatMap(SeenMember.init).flatMap { $0.name == wanted.name ? $0 : nil } }
    var before: [String: JSONValue] = answers.isEmpty ? [:] : ["answer": .string(answers.joined(separator: " "))]
    before.merge(seen?.traits ?? [:]) { $1 }
    let found = (answers.isEmpty ? "has no \(arguments.type.rawValue) record" : "points to " + answers.joined(separator: " ")) + (seen?.shown.map { " (\($0))" } ?? "")
    let target: DNSData?
    switch arguments.to {
    case .text(let text): target = arguments.type.data(text)
    case .secret, .output: return Change(answers.isEmpty ? .create : .update, reason: "\(name) \(found); where to, an earlier step says", before: before)
    case nil: target = nil
    }
    let goal = Goal(answer: target, member: member)
    if answers == [target.map { "\($0)" } ?? answers.first ?? ""], member.map({ seen?.meets($0) ?? false }) ?? true {
      return Change(.none, reason: "\(name) \(found) already", before: before)
    }
    var reason = "\(name) \(found), and is to " + (target.map { "point to \($0)" + (member?.traits.map { " (\($0))" } ?? "") } ?? "have \(goal.member?.traits ?? "")")
    if let from = arguments.expected, answers != ["\(from)"] { reason = "\(name) \(found), and the plan says that it points to \(from): the step will refuse" }
    if let problem = observation.facts[Fact.problem]?.string { reason = problem }
    var after = before
    if let target { after["answer"] = .string("\(target)") }
    if let member { after.merge(SeenMember(member).traits) { $1 } }
    var change = Change(answers.isEmpty ? .create : .update, reason: reason, before: before, after: after)
    if let ttl = arguments.ttl, let found = observation.measurements[Measured.ttl]?.string.flatMap({ TimeSpan($0) }), found > ttl {
      change.losses = ["clients may keep the old answer of \(arguments.shownName) for \(found.rounded), and the plan counts with \(ttl.rounded): lower the record's time to live"]
    }
    return change
  }
}

enum Fact {
  static let answer = "answer"
  /// The member that is meant, as it is.
  static let member = "member"
  /// What will make the step fail, where that can be seen.
  static let problem = "problem"
}

enum Measured {
  static let ttl = "ttl"
  /// All members of the record, for people.
  static let members = "members"
}

extension DNSRecordKind.RecordType {
  var type: DNSType {
    switch self {
    case .A: .a
    case .AAAA: .aaaa
    case .CNAME: .cname
    }
  }

  /// Types that cannot stand beside this one at the same name.
  var rivals: [DNSType] { rivalTypes.map(\.type) }
  var rivalTypes: [Self] { self == .CNAME ? [.A, .AAAA] : [.CNAME] }

  /// Nil where a record of this type cannot say that.
  func data(_ text: String) -> DNSData? {
    switch self {
    case .A: DNSData.ipv4(text)
    case .AAAA: DNSData.ipv6(text)
    case .CNAME: DNSName(text).map(DNSData.name)
    }
  }

  var example: String {
    switch self {
    case .A: "an IPv4 address, such as `192.0.2.7`"
    case .AAAA: "an IPv6 address, such as `2001:db8::7`"
    case .CNAME: "a whole name, such as `west.sie.example`"
    }
  }
}

extension DNSRecordKind.Arguments {
  var shownName: String { zone.fullName(name).map { "\($0)" } ?? name }
  /// For people: the member too, where one is meant.
  var shownRecord: String { member.map { "the member `\($0.name)` of `\(shownName)`" } ?? "`\(shownName)`" }
  var expected: DNSData? { from.flatMap(type.data) }
}
