internal import AWSClient
internal import DNSClient
internal import HTTPClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// Amazon Route 53, by its own interface. A batch of changes is applied whole or not at all, and one that deletes must name exactly what is there: so
/// deleting what was seen and creating what is wanted in one batch is compare-and-set.
struct Route53Keeper: ZoneKeeping {
  let arguments: DNSRecordKind.Arguments
  let names: ZoneNames
  let id: String?
  let client: AWSClient
  /// How long a change may be on its way to all of Route 53's servers.
  let patience: TimeSpan
  let report: @Sendable (StepProgress) -> Void

  private static let version = "/2013-04-01"
  /// Of one name there are as many sets as members; more than that is not looked through.
  private static let mostPages = 20
  /// How long an alias is kept: that of what it stands for, which cannot be seen here; Amazon's own have a minute (Developer Guide, "Values specific for simple alias records").
  private static let aliasTTL = TimeSpan.minutes(1)

  init(
    _ arguments: DNSRecordKind.Arguments, _ names: ZoneNames, _ id: String?, _ access: AWSReference, _ host: AWSHost, _ secrets: any SecretResolving, patience: TimeSpan,
    report: @escaping @Sendable (StepProgress) -> Void
  ) throws(StepFailure) {
    (self.arguments, self.names, self.id, self.patience, self.report) = (arguments, names, id, patience, report)
    let region = access.region ?? "us-east-1"
    var endpoint = Self.amazon(region)
    if let url = access.endpoint {
      guard let given = ServiceEndpoint(url) else {
        throw StepFailure("wrong-endpoint", "the endpoint of the zone `\(arguments.zone.server)` is no URL", helps: ["write `https://HOST` or `https://HOST:PORT`"])
      }
      endpoint = given
    }
    let source = access.credentials.map { secret in
      CredentialSource("the secret `\(secret.name)`") { () throws(CredentialProblem) in
        let value: SecretValue
        do throws(StepFailure) { value = try await secrets.resolve(secret) } catch { throw CredentialProblem(error.message, transient: error.isTransient) }
        return try AWSCredentials(written: value.reveal())
      }
    }
    client = host.client(of: AWSService("route53", region: region, endpoint: endpoint, certificates: access.certificates), credentials: source)
  }

  /// Route 53 has one endpoint for each part of AWS (AWS General Reference, "Amazon Route 53 endpoints and quotas").
  private static func amazon(_ region: String) -> ServiceEndpoint {
    let host = region.hasPrefix("cn-") ? "route53.amazonaws.com.cn" : region.hasPrefix("us-gov-") ? "route53.us-gov.amazonaws.com" : "route53.amazonaws.com"
    return ServiceEndpoint(isTLS: true, host: host, port: nil)
  }

  // MARK: For people

  var question: String {
    "aws route53 list-resource-record-sets --hosted-zone-id \(id ?? "ID") --start-record-name \(names.name) --max-items 10"
      + (client.service.endpoint.isAmazon ? "" : " --endpoint-url \(client.service.endpoint)")
  }
  var zoneQuestion: String { "aws route53 get-hosted-zone --id \(id ?? "ID")" }
  var accepted: String { "Route 53 at \(client.service.endpoint) answers for the zone, and takes the credentials" }

  // MARK: Looking

  func look() async throws(StepFailure) -> Standing { try await look(in: hostedZone()) }

  private func look(in zone: String) async throws(StepFailure) -> Standing {
    let (sets, obstacle) = RecordSets.sorted(
      try await list(zone, names.name), try await list(zone, names.mark), arguments.member, hasAnswer: arguments.to != nil, arguments.type)
    let ttl: TimeSpan
    if let own = sets.own { ttl = own.ttl ?? Self.aliasTTL } else if let longest = sets.others.map({ $0.ttl ?? Self.aliasTTL }).max() { ttl = longest } else {
      ttl = try await absence(zone)
    }
    return Standing(
      answers: sets.own?.answers(arguments.type) ?? [], ttl: ttl, marks: sets.marks.flatMap(\.values).compactMap(RecordSet.texts), obstacle: obstacle, sets: sets)
  }

  /// How long it may be believed that there is no such name (RFC 2308, section 5).
  private func absence(_ zone: String) async throws(StepFailure) -> TimeSpan {
    guard let soa = try await list(zone, names.zone).first(where: { $0.type == "SOA" }), let minimum = soa.values.first?.split(separator: " ").last.flatMap({ Int64($0) }) else { return .zero }
    return min(soa.ttl ?? .zero, .seconds(minimum))
  }

  /// All sets of a name.
  private func list(_ zone: String, _ name: DNSName) async throws(StepFailure) -> [RecordSet] {
    var found: [RecordSet] = []
    var start = ["name": "\(name)."]
    for _ in 0..<Self.mostPages {
      let page = try await read(AWSRequest(.get, "\(Self.version)/hostedzone/\(zone)/rrset", query: start.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }), Route53Answer.page)
      found += page.sets.prefix { $0.name == name }
      // Sets come in the order of their names; the first other name is the end.
      guard page.sets.allSatisfy({ $0.name == name }), let next = page.next else { return found }
      guard next != start, next["name"].flatMap(RecordSet.unescaped).flatMap(DNSName.init) == name else { return found }
      start = next
    }
    throw StepFailure("answer-not-understood", "Route 53 lists more sets of `\(name)` than any name has", helps: ["look at them: \(question)"])
  }

  private func hostedZone() async throws(StepFailure) -> String {
    if let id { return id }
    let zones = try await read(AWSRequest(.get, "\(Self.version)/hostedzonesbyname", query: [("dnsname", "\(names.zone)."), ("maxitems", "100")])) { bytes throws(XMLProblem) in
      try Route53Answer.zones(bytes, named: names.zone)
    }
    let visible = zones.filter { !$0.isPrivate }
    let candidates = visible.isEmpty ? zones : visible
    if candidates.count == 1 { return candidates[0].id }
    let server = arguments.zone.server
    guard candidates.isEmpty else {
      throw StepFailure(
        "zone-not-clear", "Route 53 has \(candidates.count) hosted zones named `\(names.zone)`: \(candidates.map(\.id).joined(separator: ", "))", details: ["nothing was changed"],
        helps: ["write the right one as `route53: { id: … }` of the server `\(server)`; the delegation says which the world asks: dig \(names.zone) NS"])
    }
    throw StepFailure(
      "zone-not-found", "Route 53 has no hosted zone named `\(names.zone)` for these credentials", details: ["nothing was changed"],
      helps: ["correct `zone` of the server `\(server)`, or its `credentials`: another account may have it", "list them: aws route53 list-hosted-zones-by-name"])
  }

  private func read<Value>(_ request: AWSRequest, _ understand: ([UInt8]) throws(XMLProblem) -> Value) async throws(StepFailure) -> Value {
    let answer: HTTPResponse
    do throws(AWSError) { answer = try await client.send(request) } catch { throw failure(error) }
    do throws(XMLProblem) { return try understand(answer.body) } catch { throw notUnderstood(error) }
  }

  // MARK: Changing

  func replace(_ seen: Standing, by wanted: Standing) async throws(NotReplaced) -> Standing {
    let zone: String
    do throws(StepFailure) { zone = try await hostedZone() } catch { throw .failed(error) }
    try await put(zone, seen, wanted)
    do throws(StepFailure) {
      // What it says it has done is looked at.
      let now = try await look(in: zone)
      guard now.isAs(wanted), now.marks == wanted.marks else { throw Self.overtaken(now, names.name, question) }
      return now.mark == nil ? now : await markConfirmed(zone, now)
    } catch { throw .failed(error) }
  }

  /// Changes this step's mark once more for nothing: a zone's changes are made one after the other, so when this one is everywhere, so are those before it.
  func confirm(_ seen: Standing) async throws(StepFailure) -> Standing {
    let zone = try await hostedZone()
    guard seen.mark != nil else { return seen }
    do throws(NotReplaced) { try await put(zone, seen, seen) } catch {
      switch error {
      case .failed(let failure), .doubtful(let failure): throw failure
      case .unmet(let failure): throw failure ?? Self.overtaken(seen, names.name, question)
      }
    }
    return await markConfirmed(zone, seen)
  }

  func isEverywhere(_ mark: RecordMark) -> Bool { mark.everywhere ?? false }

  /// Where it cannot be written, whoever looks next does it again.
  private func markConfirmed(_ zone: String, _ now: Standing) async -> Standing {
    guard let mark = now.mark else { return now }
    var wanted = now
    wanted.marks = [mark.confirmed().data]
    let change = try? batch(now, wanted, "confirmed")
    guard let change, (try? await client.send(request(zone, change))) != nil else { return now }
    let marks = markSets(wanted)
    wanted.sets?.marks = marks
    return wanted
  }

  /// Makes the change and waits until all of Route 53's servers have it.
  private func put(_ zone: String, _ seen: Standing, _ wanted: Standing) async throws(NotReplaced) {
    let body: [UInt8]
    let answer: HTTPResponse
    let change: Route53Answer.Change
    do throws(StepFailure) { body = try batch(seen, wanted, "step of the plan") } catch { throw .failed(error) }
    do throws(AWSError) { answer = try await client.send(request(zone, body)) } catch {
      let failure = failure(error)
      if error.code == "InvalidChangeBatch" { throw .unmet(failure) }
      throw error.mayHaveHappened ? .doubtful(failure) : .failed(failure)
    }
    do throws(XMLProblem) { change = try Route53Answer.change(answer.body, "ChangeResourceRecordSetsResponse") } catch { throw .doubtful(notUnderstood(error)) }
    guard !change.isInSync else { return }
    do throws(StepFailure) { try await wait(for: change.id) } catch { throw .failed(error) }
  }

  /// A batch that finds what was seen, and nothing else, is the only one that is applied: so sending it twice is no more than sending it once.
  private func request(_ zone: String, _ body: [UInt8]) -> AWSRequest {
    AWSRequest(.post, "\(Self.version)/hostedzone/\(zone)/rrset/", headers: [HTTPHeader("Content-Type", "application/xml")], body: body, isRepeatable: true)
  }

  private func batch(_ seen: Standing, _ wanted: Standing, _ why: String) throws(StepFailure) -> [UInt8] {
    let old = seen.sets ?? RecordSets()
    let new = markSets(wanted)
    let length = new.flatMap(\.values).map(\.utf8.count).max() ?? 0
    guard length <= RecordSet.longestText else {
      throw StepFailure(
        "record-too-large", "`\(names.name)` says more than its mark can remember (\(length) bytes, and a `TXT` of Route 53 holds \(RecordSet.longestText)), so it could not be put back",
        details: ["nothing was changed"], helps: ["change it by `command.run` with an `undo`"])
    }
    let changes = old.own == wanted.sets?.own ? (delete: [RecordSet](), create: [RecordSet]()) : (delete: [old.own].compactMap { $0 }, create: [wanted.sets?.own].compactMap { $0 })
    return Route53Batch.body(delete: changes.delete + old.marks, create: changes.create + new, comment: "sie-dr: \(why)")
  }

  private func markSets(_ wanted: Standing) -> [RecordSet] { wanted.marks.map { RecordSet(mark: $0, names.mark, beside: arguments.member?.name) } }

  private func wait(for change: String) async throws(StepFailure) {
    let end = ContinuousClock.now + patience.duration
    var pause = Duration.milliseconds(200)
    while true {
      let state = try await read(AWSRequest(.get, "\(Self.version)/change/\(change)")) { bytes throws(XMLProblem) in try Route53Answer.change(bytes, "GetChangeResponse") }
      if state.isInSync { return }
      guard ContinuousClock.now < end else {
        throw StepFailure(
          "change-pending", "Route 53 has changed `\(names.name)`, and not all of its servers have it after \(patience.rounded)", details: ["some clients still go to the old place; Route 53 goes on by itself"],
          helps: ["ask how far it is: aws route53 get-change --id \(change)", "resume the run to look again"], transient: true)
      }
      report(StepProgress(phase: "Route 53 tells its servers"))
      // Five requests a second are all that an account may make (Developer Guide, "Quotas").
      do { try await Task.sleep(for: pause) } catch { throw .cancelled }
      pause = min(pause * 2, .seconds(3))
    }
  }

  private static func overtaken(_ now: Standing, _ name: DNSName, _ question: String) -> StepFailure {
    StepFailure(
      "record-changed", "`\(name)` is not what Route 53 said that it was changed to", details: ["now it \(now.found)", "somebody else has changed it since, or something else than Route 53 answers"],
      helps: ["look at it: \(question)", "plan again, or resume the run"])
  }

  /// Nobody: what is told of a change is what counts, and the world's view of a private zone is none.
  func servers() async -> [DNSServer] { [] }
}
