public import ProviderInterface
public import PlanModel
public import Units

/// A message on its way, as the outbox keeps it: one file. It holds no secret, only the names of those that open its channels.
public struct OutboxMessage: Codable, Hashable, Sendable {
  public enum State: Codable, Hashable, Sendable {
    case waiting
    /// Handed to a channel; found after a crash, nobody knows whether it took it.
    case sending(since: Timestamp)
    case sent(by: ChannelKind, at: Timestamp)
    /// Nobody has it, for certain.
    case notSent
    /// Somebody may have it.
    case doubtful

    var isFinal: Bool {
      switch self {
      case .waiting, .sending: false
      case .sent, .notSent, .doubtful: true
      }
    }
  }
  /// What did not work, by which channel; holds no secret.
  public struct Trouble: Codable, Hashable, Sendable {
    public var by: ChannelKind
    public var why: String
  }

  public var run: RunID
  public var step: StepName
  public var plan: String
  public var text: String
  public var channels: [Channel]
  public var posted: Timestamp
  public var state: State
  /// Which of the channels has it now.
  public var channel: Int
  public var attempts: Int
  /// A channel that was left may have taken it.
  public var mayHaveArrived: Bool
  public var troubles: [Trouble]
  /// Its readers are to see no name of ours, that of the plan included; nil: they may.
  public var isPublic: Bool?

  /// - Parameter step: what it is called within the run; of a step's message, the step.
  public init(run: RunID, step: StepName, plan: String, text: String, channels: [Channel], posted: Timestamp, isPublic: Bool? = nil) {
    self.run = run; self.step = step; self.plan = plan; self.text = text; self.channels = channels; self.posted = posted; self.isPublic = isPublic
    state = .waiting; channel = 0; attempts = 0; mayHaveArrived = false; troubles = []
  }

  /// For the end of a run: one line.
  public var outcome: String {
    let why = troubles.map { "\($0.by.words): \($0.why)" }.joined(separator: "; ")
    switch state {
    case .waiting: return "not sent yet" + (why.isEmpty ? "" : ": \(why)")
    case .sending: return "nobody knows whether it was sent" + (why.isEmpty ? "" : ": \(why)")
    case .sent(let by, let at): return "sent by \(by.words) after \((at - posted).rounded)" + (why.isEmpty ? "" : " (\(why))")
    case .notSent: return "not sent: \(why)"
    case .doubtful: return "nobody knows whether it was sent: \(why)"
    }
  }
  /// Which channel took it, and when.
  public var sent: (by: ChannelKind, at: Timestamp)? { if case .sent(let by, let at) = state { (by, at) } else { nil } }
  public var isSent: Bool { if case .sent = state { true } else { false } }

  /// Goes on to the next channel; without one the message is at its end.
  mutating func leaveChannel() {
    channel += 1
    attempts = 0
    state = channels.indices.contains(channel) ? .waiting : mayHaveArrived ? .doubtful : .notSent
  }

  mutating func note(_ why: String) {
    let trouble = Trouble(by: channels[min(channel, channels.count - 1)].by, why: why)
    if troubles.last != trouble { troubles.append(trouble) }
  }
}
