internal import AWSClient
internal import DNSClient
internal import Units

/// A record set of Route 53, whole, as it was said: what we do not know of it stays as it is, and a change that deletes it must name all of it.
struct RecordSet: Sendable {
  /// `ResourceRecordSet`.
  let element: XMLElement

  init?(_ element: XMLElement) {
    guard element.name == "ResourceRecordSet", element.text("Name") != nil, element.text("Type") != nil else { return nil }
    self.element = element
  }

  init?(written text: String) {
    guard let element = try? XMLElement.read(Array(text.utf8)) else { return nil }
    self.init(element)
  }

  /// Nil where it is none that can be held here.
  var name: DNSName? { element.text("Name").flatMap(Self.unescaped).flatMap(DNSName.init) }
  var type: String { element.text("Type") ?? "" }
  /// Of several sets of one name and type, which one it is.
  var member: String? { element.text("SetIdentifier") }
  var weight: Int? { element.text("Weight").flatMap { Int($0) } }
  var failover: RecordMember.Role? { element.text("Failover").flatMap { RecordMember.Role(rawValue: $0.lowercased()) } }
  var healthCheck: String? { element.text("HealthCheckId") }
  /// Nil where it is an alias, which has that of what it stands for.
  var ttl: TimeSpan? { element.text("TTL").flatMap { Int64($0) }.map { .seconds($0) } }
  var values: [String] { element.first("ResourceRecords")?.all("ResourceRecord").compactMap { $0.text("Value") } ?? [] }
  /// The name that it stands for.
  var alias: String? { element.first("AliasTarget")?.text("DNSName") }

  /// How Route 53 chooses among members, as it says it.
  var routing: String? { ["Weight", "Failover", "Region", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation"].first { element.first($0) != nil } }

  /// For people: "weight 100, health check 1a2b"; nil of a set without any.
  var traits: String? { member == nil ? nil : RecordMember(name: "", weight: weight, failover: failover, healthCheck: healthCheck).traits }

  /// Of a type that a step can change.
  func answers(_ type: DNSRecordKind.RecordType) -> Set<DNSData> {
    if let alias { return Set([DNSName(alias).map(DNSData.name)].compactMap { $0 }) }
    return Set(values.compactMap(type.data))
  }

  func meets(_ wanted: RecordMember?) -> Bool {
    guard let wanted else { return member == nil }
    return member == wanted.name && wanted.weight.map { $0 == weight } ?? true && wanted.failover.map { $0 == failover } ?? true
      && wanted.healthCheck.map { $0 == healthCheck } ?? true
  }
}

extension RecordSet {
  /// The former set with what the goal says, or a new one.
  init(_ former: RecordSet?, changedTo goal: Goal, _ name: DNSName, _ type: DNSRecordKind.RecordType, _ ttl: TimeSpan) {
    var parts = former?.element.children ?? [XMLElement("Name", text: "\(name)."), XMLElement("Type", text: type.rawValue)]
    func put(_ part: XMLElement) { parts = parts.filter { $0.name != part.name } + [part] }
    if let member = goal.member {
      put(XMLElement("SetIdentifier", text: member.name))
      if let weight = member.weight { put(XMLElement("Weight", text: "\(weight)")) }
      if let failover = member.failover { put(XMLElement("Failover", text: failover.rawValue.uppercased())) }
      if let check = member.healthCheck { put(XMLElement("HealthCheckId", text: check)) }
    }
    if let answer = goal.answer {
      parts = parts.filter { $0.name != "AliasTarget" }
      put(XMLElement("ResourceRecords", [XMLElement("ResourceRecord", [XMLElement("Value", text: "\(answer)")])]))
    }
    if !parts.contains(where: { $0.name == "AliasTarget" }) { put(XMLElement("TTL", text: "\(ttl.milliseconds / 1_000)")) }
    element = XMLElement("ResourceRecordSet", parts.sorted { Self.place($0) < Self.place($1) })
  }

  /// A mark: beside a member it is one too, of a weight that says nothing, since nobody looks it up.
  init(mark: DNSData, _ name: DNSName, beside member: String?) {
    var parts = [XMLElement("Name", text: "\(name)."), XMLElement("Type", text: "TXT")]
    if let member { parts += [XMLElement("SetIdentifier", text: member), XMLElement("Weight", text: "0")] }
    parts += [XMLElement("TTL", text: "\(RecordMark.ttl)"), XMLElement("ResourceRecords", [XMLElement("ResourceRecord", [XMLElement("Value", text: Self.quoted(mark))])])]
    element = XMLElement("ResourceRecordSet", parts)
  }

  /// What texts of a mark come to, as Route 53 takes it; nil where it takes no such long value (Developer Guide, "Supported DNS record types").
  static let longestText = 4_000

  /// The texts of a `TXT`, as they stand in a zone file.
  static func quoted(_ data: DNSData) -> String {
    guard case .texts(let texts) = data else { return "" }
    return texts.map { text in
      "\""
        + text.map { byte in
          switch byte {
          case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
          case 0x20...0x7E: String(UnicodeScalar(byte))
          default: "\\" + octal(byte)
          }
        }.joined() + "\""
    }.joined(separator: " ")
  }

  /// Takes `quoted` back; nil where it is none.
  static func texts(_ value: String) -> DNSData? {
    var texts: [[UInt8]] = []
    var rest = Array(value.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == 0x20 { continue }
      guard byte == UInt8(ascii: "\"") else { return nil }
      var text: [UInt8] = []
      while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
        guard byte == UInt8(ascii: "\\") else { text.append(byte); continue }
        if rest.count >= 3, let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
          text.append(value)
          rest = rest.dropFirst(3)
        } else if let next = rest.popFirst() { text.append(next) }
      }
      texts.append(text)
    }
    return texts.isEmpty ? nil : .texts(texts)
  }

  /// A name as Route 53 has it, with `\052` for `*` and the like; nil where it holds what no name here can.
  static func unescaped(_ name: String) -> String? {
    var out: [UInt8] = []
    var rest = Array(name.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else { out.append(byte); continue }
      guard rest.count >= 3, let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) else { return nil }
      out.append(value)
      rest = rest.dropFirst(3)
    }
    return String(validating: out, as: UTF8.self)
  }

  private static func octal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 8)
    return String(repeating: "0", count: 3 - digits.count) + digits
  }

  /// The order of the API's description.
  private static let order = [
    "Name", "Type", "SetIdentifier", "Weight", "Region", "GeoLocation", "Failover", "MultiValueAnswer", "TTL", "ResourceRecords", "AliasTarget", "HealthCheckId",
    "TrafficPolicyInstanceId", "CidrRoutingConfig", "GeoProximityLocation",
  ]
  private static func place(_ part: XMLElement) -> Int { order.firstIndex(of: part.name) ?? order.count }

  /// What counts where two are compared: not the order of parts and values, nor how a name is written.
  private var essence: [XMLElement] {
    element.children.map { part in
      switch part.name {
      case "Name": XMLElement("Name", text: name.map { "\($0)" } ?? part.text)
      case "ResourceRecords": XMLElement(part.name, part.children.sorted { $0.written < $1.written })
      default: part
      }
    }.sorted { ($0.name, $0.written) < ($1.name, $1.written) }
  }
}

extension RecordSet: Hashable {
  static func == (a: Self, b: Self) -> Bool { a.essence == b.essence }
  func hash(into hasher: inout Hasher) { hasher.combine(essence) }
}

/// All sets that have to do with one record of a step.
struct RecordSets: Hashable {
  /// The one that the step means; nil: there is none.
  var own: RecordSet?
  /// The other members of the same name and type.
  var others: [RecordSet] = []
  /// Its mark, and one of a time at which the record had no members.
  var marks: [RecordSet] = []
}
