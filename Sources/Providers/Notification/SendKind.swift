internal import Diagnostics
internal import HTTPClient
public import PlanModel
public import ProviderInterface
public import Units
internal import YAMLReading

/// `notify.send`: puts a message into the outbox, from where it is sent beside the run.
public enum NotifySend: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    /// The second is tried where the first does not take the message.
    public var channels: [Channel]
    public var text: String
  }

  public static let name: StepKindName = "notify.send"
  public static let summary = "Sends a message; it is put into an outbox, so that a channel that is down holds nothing up."
  public static let fields = [
    Field("by", .choice(ChannelKind.allCases.map(\.rawValue)), required: true, "The channel."),
    Field("to", .input, required: true, "The webhook's URL, the address, or the URL of the status page's interface: `https://api.statuspage.io/v1/pages/PAGE`."),
    Field("key", .input, "What opens it: the mail server's URL (`smtp://USER:PASSWORD@HOST:587`), the status page's key."),
    Field("from", .text, "Of mail: the sender's address; the user of the mail server's URL if not given."),
    Field("status", .choice(IncidentStatus.allCases.map(\.rawValue)), "Of a status page: what the incident is from then on; `investigating` if not given. The messages of one run are one incident."),
    Field("elseBy", .choice(ChannelKind.allCases.map(\.rawValue)), "A second channel: the message goes there where the first has not taken it after a minute."),
    Field("elseTo", .input, "As `to`, of the second channel."),
    Field("elseKey", .input, "As `key`, of the second channel."),
    Field("text", .text, required: true, "The message. No secret, and nothing that its readers must not know."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let known = fields.collector.diagnostics.count
    if fields.node("by") == nil { _ = fields.required("by", example: "slack") }
    let from = fields.text("from")
    let status = fields.choice("status", of: IncidentStatus.self)
    let channels = [
      channel(("by", "to", "key"), &fields, context.plan, from?.value, status?.value), channel(("elseBy", "elseTo", "elseKey"), &fields, context.plan, from?.value, status?.value),
    ].compactMap { $0 }
    let text = fields.requiredText("text", example: "We are restoring the service.")
    if let from, !MailMessage.isAddress(from.value) {
      fields.collector.add(Diagnostic("wrong-value", "`from` of \(fields.what) is `\(from.value)`", at: from.span, label: "expected an address such as `dr@sie.example`"))
    }
    for (key, kind, span) in [("from", ChannelKind.email, from?.span), ("status", .statusPage, status?.span)] {
      guard let span, !channels.contains(where: { $0.by == kind }), fields.collector.diagnostics.count == known else { continue }
      fields.collector.add(Diagnostic("too-many-keys", "`\(key)` of \(fields.what) means nothing where nothing goes by `\(kind.rawValue)`", at: span, helps: ["remove it"]))
    }
    guard fields.collector.diagnostics.count == known, let text else { return nil }
    return Arguments(channels: channels, text: text.value)
  }

  private static func channel(
    _ keys: (by: String, to: String, key: String), _ fields: inout MappingReader, _ plan: Plan, _ from: String?, _ status: IncidentStatus?
  ) -> Channel? {
    let by = fields.choice(keys.by, of: ChannelKind.self)
    let isThere = fields.keys.contains(keys.by)
    let to = isThere ? fields.required(keys.to, example: "…") : fields.node(keys.to)
    let key = fields.node(keys.key)
    if !isThere, keys.by != "by", let span = (to ?? key)?.span {
      fields.collector.add(Diagnostic("missing-key", "\(fields.what) has no `\(keys.by)`", at: span, helps: ["add `\(keys.by): email`"]))
    }
    let place = to.flatMap { readInput($0, "`\(keys.to)` of \(fields.what)", in: plan, fields.collector) }
    let opens = key.flatMap { readInput($0, "`\(keys.key)` of \(fields.what)", in: plan, fields.collector) }
    guard let by, let place, let to else { return nil }
    if let needs = by.value.key, key == nil {
      fields.collector.add(Diagnostic("missing-key", "\(fields.what) has no `\(keys.key)`: \(needs)", at: by.span, helps: ["add `\(keys.key): { secret: NAME }`"]))
    } else if by.value.key == nil, let key {
      fields.collector.add(Diagnostic("too-many-keys", "`\(keys.key)` of \(fields.what) means nothing: a webhook's URL is all that opens it", at: key.span, helps: ["remove it"]))
    }
    if case .text(let text) = place, let expected = by.value.problem(with: text) {
      fields.collector.add(Diagnostic("wrong-value", "`\(keys.to)` of \(fields.what) is `\(RedactedURL.host(text))`", at: to.span, label: "expected \(expected)"))
    }
    return Channel(by: by.value, to: place, key: opens, from: by.value == .email ? from : nil, status: by.value == .statusPage ? status ?? .investigating : nil)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let inputs = arguments.channels.flatMap { [$0.to, $0.key].compactMap { $0 } }
    return Footprint(requires: Set(inputs.compactMap { if case .secret(let secret) = $0 { .secret(secret.name) } else { nil } }))
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _: Observation, at _: Timestamp) -> Change {
    Change(.run, reason: "tells by " + arguments.channels.map(\.by.words).joined(separator: ", else by ") + ": \(arguments.text)")
  }
}
