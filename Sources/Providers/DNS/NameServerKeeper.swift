internal import DNSClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// A name server that takes signed updates (RFC 2136).
struct NameServerKeeper: ZoneKeeping {
  let arguments: DNSRecordKind.Arguments
  let names: ZoneNames
  let host: DNSServer
  let key: TSIGKey?
  let client: DNSClient
  let now: @Sendable () -> Timestamp

  /// For one question or one update. An answer takes milliseconds, a change as long as a busy disk needs to keep it.
  static let patience = TimeSpan.seconds(10)
  /// For one question to one of many.
  static let glance = TimeSpan.seconds(2)

  init(
    _ arguments: DNSRecordKind.Arguments, _ names: ZoneNames, _ host: NameServer, _ reference: SecretReference?, _ client: DNSClient, _ secrets: any SecretResolving,
    now: @escaping @Sendable () -> Timestamp
  ) async throws(StepFailure) {
    (self.arguments, self.names, self.host, self.client, self.now) = (arguments, names, host.address, client, now)
    guard let reference else { key = nil; return }
    let text = try await secrets.resolve(reference).reveal()
    do throws(TSIGKey.Unreadable) { key = try TSIGKey(text) } catch {
      throw StepFailure(
        "key-not-understood", "the secret `\(reference.name)` of the zone `\(arguments.zone.server)` is no TSIG key: \(error.why)",
        helps: ["store what `tsig-keygen NAME` writes, or `hmac-sha256:NAME:SECRET`, as the server has it"])
    }
  }

  var question: String { "dig @\(host.host) -p \(host.port) \(names.name) ANY" }
  var zoneQuestion: String { "dig @\(host.host) -p \(host.port) \(names.zone) SOA" }
  var accepted: String {
    "\(host) " + (key.map { "answers, and takes the key `\($0.name)`" } ?? "answers; it has no key, so it must take unsigned updates from here")
  }

  private func failure(_ error: DNSError) -> StepFailure { Failures.translate(error, asking: self) }

  func look() async throws(StepFailure) -> Standing {
    let type = arguments.type
    let answer = try await asked(names.name, type.type)
    let mark = try await asked(names.mark, .txt)
    let records = answer.records(of: DNSQuestion(names.name, type.type))
    let absent = answer.authority.first { $0.type == .soa }.map { soa in
      if case .authority(let minimum) = soa.data { min(soa.ttl, minimum) } else { soa.ttl }
    }
    let other = answer.records.first { $0.name == names.name && type.rivals.contains($0.type) }
    return Standing(
      answers: Set(records.map(\.data)), ttl: .seconds(Int64(records.map(\.ttl).max() ?? absent ?? 0)), marks: mark.records(of: DNSQuestion(names.mark, .txt)).map(\.data),
      obstacle: other.map { .anotherType("\($0.data)", beside: type) })
  }

  private func asked(_ name: DNSName, _ type: DNSType) async throws(StepFailure) -> DNSAnswer {
    let answer: DNSAnswer
    do throws(DNSError) { answer = try await client.ask(DNSQuestion(name, type), of: host, signedWith: key, at: now(), deadline: Self.patience) } catch {
      throw failure(error)
    }
    guard answer.code == .noError || answer.code == .noSuchName else { throw failure(DNSError(.said(answer.code), server: "\(host)")) }
    guard answer.isAuthoritative else {
      throw StepFailure(
        "not-authoritative", "\(host) is no name server of the zone `\(names.zone)`", details: ["what it answers may be from its memory"],
        helps: ["correct `host` of the server `\(arguments.zone.server)`: it must be the one that takes the zone's updates"])
    }
    return answer
  }

  func replace(_ seen: Standing, by wanted: Standing) async throws(NotReplaced) -> Standing {
    let type = arguments.type
    var update = DNSUpdate(zone: names.zone)
    update.require(names.name, type.type, is: Array(seen.answers))
    update.require(names.mark, .txt, is: seen.marks)
    for rival in type.rivals where !wanted.answers.isEmpty { update.require(names.name, rival, is: []) }
    update.replace(names.name, type.type, by: Array(wanted.answers), ttl: UInt32(clamping: wanted.ttl.milliseconds / 1_000))
    update.replace(names.mark, .txt, by: wanted.marks, ttl: RecordMark.ttl)
    do throws(DNSError) { try await client.update(update, at: host, signedWith: key, at: now(), deadline: Self.patience) } catch {
      throw error.isUnmetRequirement ? .unmet(nil) : error.leavesDoubt ? .doubtful(failure(error)) : .failed(failure(error))
    }
    return wanted
  }

  /// Its servers are asked themselves.
  func confirm(_ seen: Standing) async throws(StepFailure) -> Standing { seen }
  func isEverywhere(_: RecordMark) -> Bool { true }

  /// Those that the zone names, each by an address of the zone where it has one.
  func servers() async -> [DNSServer] {
    func records(_ name: DNSName, _ type: DNSType) async -> [DNSData] {
      let answer = try? await client.ask(DNSQuestion(name, type), of: host, signedWith: key, at: now(), deadline: Self.glance)
      return answer?.records(of: DNSQuestion(name, type)).map(\.data) ?? []
    }
    var servers: [DNSServer] = []
    for case .name(let name) in await records(names.zone, .ns) {
      var addresses: [DNSData] = []
      if name.isWithin(names.zone) { addresses = await records(name, .a) + records(name, .aaaa) }
      servers += addresses.isEmpty ? [DNSServer(host: "\(name)", port: 53)] : addresses.map { DNSServer(host: "\($0)", port: 53) }
    }
    return servers.isEmpty ? [host] : servers
  }
}

extension Obstacle {
  static func anotherType(_ answer: String, beside type: DNSRecordKind.RecordType) -> Obstacle {
    Obstacle(
      what: "points to \(answer) by a record of another type, beside which a \(type.rawValue) cannot stand", help: "write the `type` that the name has, or remove the other record first")
  }
}

extension DNSError {
  /// The server has looked, and it was not as it was seen.
  fileprivate var isUnmetRequirement: Bool { [.said(.noSuchSet), .said(.setExists), .said(.nameExists), .said(.noSuchName)].contains(reason) }
}
