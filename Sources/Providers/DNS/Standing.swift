internal import DNSClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// What the zone's own server says of a name and of the mark beside it.
struct Standing: Hashable {
  var answers: Set<DNSData>
  /// Of the record; of none, how long it may be believed that there is none.
  var ttl: TimeSpan
  /// As it stands there, ours or not.
  var marks: [DNSData]
  /// Another type of record that is in the way.
  var rival: String?

  var shown: String { answers.map(\.description).sorted().joined(separator: " ") }
  var mark: RecordMark? { marks.count == 1 ? RecordMark(marks[0]) : nil }
  func mark(of owner: StepMark) -> RecordMark? { mark.flatMap { $0.by == RecordMark.owner(owner) ? $0 : nil } }
  var former: FormerAnswer { FormerAnswer(answers: answers.map(\.description).sorted(), ttl: ttl) }
  var found: String { answers.isEmpty ? "has no such record" : "points to \(shown)" }
}

/// One record of one zone, as a step sees it.
struct ZonePlace {
  let client: DNSClient
  let arguments: DNSRecordKind.Arguments
  let zone: DNSName
  let name: DNSName
  let markName: DNSName
  let key: TSIGKey?
  let now: @Sendable () -> Timestamp

  /// For one question or one update. An answer takes milliseconds, a change as long as a busy disk needs to keep it.
  static let patience = TimeSpan.seconds(10)

  init(_ arguments: DNSRecordKind.Arguments, _ client: DNSClient, _ secrets: any SecretResolving, now: @escaping @Sendable () -> Timestamp) async throws(StepFailure) {
    guard let zone = DNSName(arguments.zone.zone), let name = arguments.zone.fullName(arguments.name), let mark = RecordMark.place(name) else {
      throw StepFailure("name-not-usable", "`\(arguments.name)` in `\(arguments.zone.zone)` is too long for a mark beside it, or no name", helps: ["write a shorter one in ASCII"])
    }
    (self.client, self.arguments, self.zone, self.name, markName, self.now) = (client, arguments, zone, name, mark, now)
    guard let reference = arguments.zone.key else { key = nil; return }
    let text = try await secrets.resolve(reference).reveal()
    do throws(TSIGKey.Unreadable) { key = try TSIGKey(text) } catch {
      throw StepFailure(
        "key-not-understood", "the secret `\(reference.name)` of the zone `\(arguments.zone.server)` is no TSIG key: \(error.why)",
        helps: ["store what `tsig-keygen NAME` writes, or `hmac-sha256:NAME:SECRET`, as the server has it"])
    }
  }

  var host: DNSServer { arguments.zone.host.address }

  /// Asks the server that takes the updates, signed: a key that is wrong is seen before anything depends on it.
  func look() async throws(StepFailure) -> Standing {
    let answer = try await asked(name, arguments.type.type)
    let mark = try await asked(markName, .txt)
    let records = answer.records(of: DNSQuestion(name, arguments.type.type))
    let absent = answer.authority.first { $0.type == .soa }.map { soa in
      if case .authority(let minimum) = soa.data { min(soa.ttl, minimum) } else { soa.ttl }
    }
    let other = answer.records.first { $0.name == name && arguments.type.rivals.contains($0.type) }
    return Standing(
      answers: Set(records.map(\.data)), ttl: .seconds(Int64(records.map(\.ttl).max() ?? absent ?? 0)), marks: mark.records(of: DNSQuestion(markName, .txt)).map(\.data),
      rival: other.map { "\($0.data)" })
  }

  private func asked(_ name: DNSName, _ type: DNSType) async throws(StepFailure) -> DNSAnswer {
    let answer: DNSAnswer
    do throws(DNSError) { answer = try await client.ask(DNSQuestion(name, type), of: host, signedWith: key, at: now(), deadline: Self.patience) } catch {
      throw Failures.translate(error, asking: arguments, key: key, now: now())
    }
    guard answer.code == .noError || answer.code == .noSuchName else {
      throw Failures.translate(DNSError(.said(answer.code), server: "\(host)"), asking: arguments, key: key, now: now())
    }
    guard answer.isAuthoritative else {
      throw StepFailure(
        "not-authoritative", "\(host) is no name server of the zone `\(zone)`", details: ["what it answers may be from its memory"],
        helps: ["correct `host` of the server `\(arguments.zone.server)`: it must be the one that takes the zone's updates"])
    }
    return answer
  }

  /// Puts `answers` in the place of what was seen, and the mark with it, if everything still is as it was seen.
  func replace(_ seen: Standing, by answers: [DNSData], ttl: TimeSpan, mark: RecordMark?) async throws(DNSError) {
    var update = DNSUpdate(zone: zone)
    update.require(name, arguments.type.type, is: Array(seen.answers))
    update.require(markName, .txt, is: seen.marks)
    for rival in arguments.type.rivals where !answers.isEmpty { update.require(name, rival, is: []) }
    update.replace(name, arguments.type.type, by: answers, ttl: UInt32(clamping: ttl.milliseconds / 1_000))
    update.replace(markName, .txt, by: mark.map { [$0.data] } ?? [], ttl: RecordMark.ttl)
    try await client.update(update, at: host, signedWith: key, at: now(), deadline: Self.patience)
  }

  /// What a refused requirement means: somebody was quicker, or something else is in the way.
  func changedMeanwhile(_ now: Standing) -> StepFailure {
    StepFailure(
      "record-changed", "`\(name)` is not what it was a moment ago: somebody else is changing it, or it has records of another type", details: ["now `\(name)` \(now.found)", "nothing was changed"],
      helps: ["find out who: dig @\(host.host) -p \(host.port) \(name) ANY", "plan again, or resume the run to change what is there now"])
  }
}
