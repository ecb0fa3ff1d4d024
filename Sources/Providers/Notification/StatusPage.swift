internal import CanonicalJSON
internal import HTTPClient
internal import PlanModel
internal import ProviderInterface

/// An incident on a page with Statuspage's interface (developer.statuspage.io): the first message of a run makes it, further ones carry it on. Which
/// messages it has stands in its metadata, so a message that may have arrived is found there.
struct StatusPage: Sendable {
  let client: HTTPClient
  let url: String
  let key: String
  let status: IncidentStatus

  private struct Incident: Decodable, Sendable {
    struct Metadata: Decodable, Sendable {
      struct Ours: Decodable, Sendable { var run: String; var messages: [String] }
      var ours: Ours?
      enum CodingKeys: String, CodingKey { case ours = "sie-dr" }
      /// What others have put there is no harm.
      init(from decoder: any Decoder) throws { ours = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Ours.self, forKey: .ours) }
    }
    var id: String
    var metadata: Metadata?
  }

  private var headers: [HTTPHeader] { [HTTPHeader("Authorization", "OAuth \(key)")] }
  private var incidents: String { (url.hasSuffix("/") ? String(url.dropLast()) : url) + "/incidents" }

  func send(_ message: OutboxMessage) async -> Delivery {
    let found = await client.deliver(.get, incidents + "?limit=50", nil, headers: headers) { response in
      guard let all = try? CanonicalJSON.decode([Incident].self, from: response.body) else { return .refused("its list of incidents is not understood") }
      let incident = all.first { $0.metadata?.ours?.run == message.run.rawValue }
      return await carryOn(incident, message)
    }
    // Nothing is told twice: the next attempt looks whether it is there.
    if case .doubtful(let why) = found { return .later(why, after: nil) }
    return found
  }

  private func carryOn(_ incident: Incident?, _ message: OutboxMessage) async -> Delivery {
    let told = incident?.metadata?.ours?.messages ?? []
    if told.contains(message.step.rawValue) { return .sent }
    let messages = (told + [message.step.rawValue]).map(JSONValue.string)
    var members: [String: JSONValue] = [
      "status": .string(status.rawValue), "body": .string(message.text),
      "metadata": ["sie-dr": ["run": .string(message.run.rawValue), "messages": .array(messages)]],
    ]
    guard let incident else {
      members["name"] = .string(String((message.text.split(whereSeparator: \.isNewline).first ?? "Incident").prefix(120)))
      return await client.deliver(.post, incidents, ["incident": .object(members)], headers: headers) { _ in .sent }
    }
    guard incident.id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "-") }) else { return .refused("its list of incidents is not understood") }
    return await client.deliver(.put, "\(incidents)/\(incident.id)", ["incident": .object(members)], headers: headers) { _ in .sent }
  }
}
