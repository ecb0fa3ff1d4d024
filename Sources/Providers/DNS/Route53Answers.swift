internal import AWSClient
internal import DNSClient
internal import Units

/// What Route 53 says (Amazon Route 53 API Reference, version 2013-04-01), and the changes that it is told. Pure.
enum Route53Answer {
  /// One page of `ListResourceRecordSets`.
  struct Page: Equatable {
    var sets: [RecordSet]
    /// Where the next one begins; nil: this was the last.
    var next: [String: String]?
  }

  static func page(_ bytes: [UInt8]) throws(XMLProblem) -> Page {
    let root = try read(bytes, "ListResourceRecordSetsResponse")
    guard let list = root.first("ResourceRecordSets") else { throw XMLProblem(offset: 0, what: "a list without `ResourceRecordSets`") }
    var sets: [RecordSet] = []
    for element in list.children {
      guard let set = RecordSet(element) else { throw XMLProblem(offset: 0, what: "an entry of the list is no record set") }
      sets.append(set)
    }
    var next: [String: String]?
    if root.text("IsTruncated") == "true" {
      guard let name = root.text("NextRecordName"), let type = root.text("NextRecordType") else { throw XMLProblem(offset: 0, what: "a list that goes on without saying where") }
      next = ["name": name, "type": type]
      next?["identifier"] = root.text("NextRecordIdentifier")
    }
    return Page(sets: sets, next: next)
  }

  struct Change: Equatable { var id: String; var isInSync: Bool }

  static func change(_ bytes: [UInt8], _ name: String) throws(XMLProblem) -> Change {
    let info = try read(bytes, name).first("ChangeInfo")
    guard let id = info?.text("Id"), let status = info?.text("Status"), ["PENDING", "INSYNC"].contains(status) else {
      throw XMLProblem(offset: 0, what: "an answer without a change's id or state")
    }
    let last = id.split(separator: "/").last.map(String.init) ?? ""
    guard !last.isEmpty, last.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }) else {
      throw XMLProblem(offset: 0, what: "an answer with an id that no change has")
    }
    return Change(id: last, isInSync: status == "INSYNC")
  }

  struct Zone: Equatable { var id: String; var isPrivate: Bool }

  /// Of `ListHostedZonesByName`: those of exactly this name.
  static func zones(_ bytes: [UInt8], named zone: DNSName) throws(XMLProblem) -> [Zone] {
    let root = try read(bytes, "ListHostedZonesByNameResponse")
    guard let list = root.first("HostedZones") else { throw XMLProblem(offset: 0, what: "a list without `HostedZones`") }
    var zones: [Zone] = []
    for element in list.children {
      guard let id = element.text("Id")?.split(separator: "/").last, let name = element.text("Name") else { throw XMLProblem(offset: 0, what: "a zone without id or name") }
      guard RecordSet.unescaped(name).flatMap(DNSName.init) == zone else { continue }
      zones.append(Zone(id: String(id), isPrivate: element.first("Config")?.text("PrivateZone") == "true"))
    }
    return zones
  }

  private static func read(_ bytes: [UInt8], _ name: String) throws(XMLProblem) -> XMLElement {
    let root = try XMLElement.read(bytes)
    guard root.name == name else { throw XMLProblem(offset: 0, what: "a `\(root.name)` where a `\(name)` was expected") }
    return root
  }
}

enum Route53Batch {
  /// Takes the old sets away, each of which must be there exactly so, and puts the new ones there, none of which may be there: all of it or nothing.
  static func body(delete: [RecordSet], create: [RecordSet], comment: String) -> [UInt8] {
    let changes = delete.map { change("DELETE", $0) } + create.map { change("CREATE", $0) }
    let batch = XMLElement("ChangeBatch", [XMLElement("Comment", text: comment), XMLElement("Changes", changes)])
    return Array(
      ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\(batch.written)"
        + "</ChangeResourceRecordSetsRequest>").utf8)
  }

  private static func change(_ action: String, _ set: RecordSet) -> XMLElement { XMLElement("Change", [XMLElement("Action", text: action), set.element]) }
}

extension RecordSets {
  /// Out of the sets of the name, and of those of its mark; what is in the way of the goal, too.
  static func sorted(
    _ sets: [RecordSet], _ marks: [RecordSet], _ member: RecordMember?, hasAnswer: Bool, _ type: DNSRecordKind.RecordType
  ) -> (sets: RecordSets, obstacle: Obstacle?) {
    let same = sets.filter { $0.type == type.rawValue }
    let own = same.first { $0.member == member?.name }
    let others = same.filter { $0.member != member?.name }
    let found = RecordSets(own: own, others: others, marks: marks.filter { $0.type == "TXT" && ($0.member == nil || member == nil || $0.member == member?.name) })
    for rival in type.rivalTypes {
      guard let set = sets.first(where: { $0.type == rival.rawValue }) else { continue }
      return (found, .anotherType(set.answers(rival).map(\.description).sorted().joined(separator: " "), beside: type))
    }
    return (found, found.obstacle(member, hasAnswer: hasAnswer, type))
  }

  private func obstacle(_ member: RecordMember?, hasAnswer: Bool, _ type: DNSRecordKind.RecordType) -> Obstacle? {
    let names = others.compactMap(\.member).map { "`\($0)`" }.sorted().joined(separator: ", ")
    guard let member else {
      return others.isEmpty ? nil : Obstacle(what: "has the members \(names), among which Route 53 chooses", help: "write which one with `member`")
    }
    if others.contains(where: { $0.member == nil }) {
      return Obstacle(what: "is one \(type.rawValue) record without members, beside which none can stand", help: "leave `member` out, or make the record a member first, in Route 53's console")
    }
    if let own {
      let wrong = member.weight != nil && own.weight == nil ? "weight" : member.failover != nil && own.failover == nil ? "failover" : nil
      if let wrong { return Obstacle(what: "has a member `\(member.name)` that is chosen by \(own.routing ?? "nothing"), not by `\(wrong)`", help: "leave `\(wrong)` out") }
    } else {
      guard hasAnswer, member.weight != nil || member.failover != nil else {
        return Obstacle(
          what: "has no member `\(member.name)`" + (names.isEmpty ? "" : ", only \(names)"), help: "correct `member`; to make a new one, write `to`, and `weight` or `failover`")
      }
      let wanted = member.weight != nil ? "Weight" : "Failover"
      if let other = others.first(where: { $0.routing != wanted }) {
        return Obstacle(what: "has members that are chosen by \(other.routing ?? "nothing"), beside which one with `\(wanted.lowercased())` cannot stand", help: "write the new member as the others are")
      }
    }
    if let role = member.failover, let other = others.first(where: { $0.failover == role }) {
      return Obstacle(what: "has a \(role.rawValue) already, the member `\(other.member ?? "")`", help: "change that member: where it leads with `to`, its health check with `healthCheck`")
    }
    return nil
  }
}
