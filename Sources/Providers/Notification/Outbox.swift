internal import CanonicalJSON
public import ObjectStore
internal import PlanModel
internal import ProviderInterface
public import Units

/// How long the sender tries.
public struct OutboxPatience: Sendable {
  /// A channel that has not taken a message so long after it was posted is left for the next one.
  public var perChannel = TimeSpan.minutes(1)
  public var firstWait = TimeSpan.seconds(1)
  public var longestWait = TimeSpan.seconds(30)
  /// Older ones, found in the outbox, are not sent any more: news of yesterday's disaster would raise an alarm.
  public var oldest = TimeSpan.hours(1)
  public init() {}
}

/// What one attempt came to.
enum Delivery: Hashable, Sendable {
  case sent
  /// It was not taken, and will not be.
  case refused(String)
  /// It was not taken; after this time it may be.
  case later(String, after: TimeSpan?)
  /// It may have been taken.
  case doubtful(String)
}

/// Messages that wait for their channel, and those that were sent: files below `waiting` and `done`, one a message, named by run and step. A step
/// that is done again finds its message, and nothing is sent twice.
///
/// A message is marked before it is handed to a channel. Whoever finds that mark after a crash does not hand it over again, unless the channel can be asked.
public actor Outbox {
  private let store: any ObjectStore
  private let prepare: @Sendable () async throws(StoreError) -> Void
  private let channels: Channels
  private let patience: OutboxPatience
  private let now: @Sendable () -> Timestamp
  /// Where a message is to go: those for one place keep their order.
  private struct Lane: Hashable { var by: ChannelKind; var to: InputValue }
  private var lanes: [Lane: Task<Void, Never>] = [:]
  private var known: [String: OutboxMessage] = [:]
  private var order: [String] = []
  /// From then on no attempt is begun: what is left stays for the next run.
  private var isClosing = false
  private var underWay = 0

  /// `prepare` makes the store usable, before the first message.
  public init(
    _ store: any ObjectStore, _ channels: Channels, patience: OutboxPatience = OutboxPatience(), now: @escaping @Sendable () -> Timestamp,
    prepare: @escaping @Sendable () async throws(StoreError) -> Void = {}
  ) {
    self.store = store; self.channels = channels; self.patience = patience; self.now = now; self.prepare = prepare
  }

  /// Keeps the message and returns; it is sent beside. One of the same run and step that is there already is left as it is.
  public func post(_ message: OutboxMessage) async throws(StoreError) {
    let name = Self.name(message)
    guard known[name] == nil else { return }
    try await prepare()
    if try await isThere("done/\(name)") { return }
    do throws(StoreError) { try await store.put(key("waiting/\(name)"), bytes(message), ifAbsent: true) } catch {
      // From before a crash: taken up with all others.
      if error.reason == .alreadyExists { return }
      throw error
    }
    take(message)
  }

  func holds(run: RunID, step: StepName) async throws(StoreError) -> Bool {
    let name = "\(run)/\(step).json"
    if known[name] != nil { return true }
    if try await isThere("done/\(name)") { return true }
    return try await isThere("waiting/\(name)")
  }

  /// Takes up what earlier runs have left. Only for whoever holds the lock of the state directory.
  public func takeUp() async {
    guard let left = try? await store.listAll(prefix: "waiting/") else { return }
    for info in left {
      guard let bytes = try? await store.read(info.key, limit: ByteCount(bytes: 1 << 20)), var message = try? CanonicalJSON.decode(OutboxMessage.self, from: bytes),
        known[Self.name(message)] == nil, message.channels.indices.contains(message.channel)
      else { continue }
      // It was done, and only its file here had to go.
      if (try? await isThere("done/\(Self.name(message))")) == true {
        try? await store.delete(info.key)
        continue
      }
      if now() - message.posted > patience.oldest {
        message.note("it was found \((now() - message.posted).rounded) old, which is too old to be news")
        if case .sending = message.state { message.state = .doubtful } else { message.state = .notSent }
        await keep(message)
      } else {
        take(message)
      }
    }
  }

  /// Whether a message is still on its way.
  public var isBusy: Bool { known.values.contains { !$0.state.isFinal } }

  /// What has become of the messages of this process, oldest first, after waiting for them no longer than `limit`. No attempt begins after that; one
  /// that is under way is waited for, up to its own deadline: whoever is cut off in the middle does not know whether the message was taken.
  public func finish(within limit: TimeSpan) async -> [OutboxMessage] {
    await wait(within: limit) { $0.isBusy }
    isClosing = true
    await wait(within: channels.longestAttempt) { $0.underWay > 0 }
    return order.compactMap { known[$0] }
  }

  /// Waits until no message is on its way any more, no longer than `limit`.
  func settle(within limit: TimeSpan) async { await wait(within: limit) { $0.isBusy } }

  private func wait(within limit: TimeSpan, while goesOn: (isolated Outbox) -> Bool) async {
    let end = ContinuousClock.now + limit.duration
    while goesOn(self), .now < end { try? await Task.sleep(for: .milliseconds(20)) }
  }

  // MARK: Sending

  /// Messages of one channel go in the order in which they were posted.
  private func take(_ message: OutboxMessage) {
    let name = Self.name(message)
    guard known[name] == nil, let first = message.channels.first else { return }
    known[name] = message
    order.append(name)
    let lane = Lane(by: first.by, to: first.to)
    let before = lanes[lane]
    lanes[lane] = Task {
      await before?.value
      await self.deliver(message)
    }
  }

  private func deliver(_ message: OutboxMessage) async {
    var message = message
    if case .sending = message.state, !message.channels[message.channel].by.canBeAsked {
      message.note("the program was stopped while it was sent")
      message.mayHaveArrived = true
      message.leaveChannel()
      await keep(message)
    }
    var began = now()
    while !message.state.isFinal, !isClosing {
      guard case .later(_, let after) = await attempt(&message) else {
        began = now()
        continue
      }
      let doubled = TimeSpan.milliseconds(min(patience.longestWait.milliseconds, patience.firstWait.milliseconds << Int64(min(message.attempts - 1, 20))))
      let wait = max(after ?? .zero, doubled)
      if now() + wait < began + patience.perChannel {
        try? await Task.sleep(for: wait.duration)
      } else {
        message.leaveChannel()
        await keep(message)
        began = now()
      }
    }
  }

  /// One attempt, from the mark before it to what came of it, written down.
  private func attempt(_ message: inout OutboxMessage) async -> Delivery {
    underWay += 1
    defer { underWay -= 1 }
    message.attempts += 1
    message.state = .sending(since: now())
    let by = message.channels[message.channel]
    // What cannot be marked is not sent: after a crash it would be sent again.
    let delivery = await keep(message) ? await channels.send(message, by: by) : .refused("the outbox cannot be written")
    switch delivery {
    case .sent: message.state = .sent(by: by.by, at: now())
    case .later(let why, _):
      message.note(why)
      message.state = .waiting
    case .refused(let why), .doubtful(let why):
      message.note(why)
      if case .doubtful = delivery { message.mayHaveArrived = true }
      message.leaveChannel()
    }
    await keep(message)
    return delivery
  }

  // MARK: Files

  private static func name(_ message: OutboxMessage) -> String { "\(message.run)/\(message.step).json" }

  @discardableResult
  private func keep(_ message: OutboxMessage) async -> Bool {
    let name = Self.name(message)
    if known[name] == nil {
      order.append(name)
      known[name] = OutboxMessage(run: message.run, step: message.step, plan: message.plan, text: message.text, channels: message.channels, posted: message.posted)
    }
    // Only what is written down is at its end: the program may end with it.
    if !message.state.isFinal { known[name] = message }
    defer { known[name] = message }
    do throws(StoreError) {
      guard message.state.isFinal else {
        try await store.put(key("waiting/\(name)"), bytes(message), ifAbsent: false)
        return true
      }
      try await store.put(key("done/\(name)"), bytes(message), ifAbsent: false)
      try await store.delete(key("waiting/\(name)"))
      return true
    } catch { return false }
  }

  private func isThere(_ path: String) async throws(StoreError) -> Bool {
    do throws(StoreError) {
      _ = try await store.info(key(path))
      return true
    } catch {
      if error.reason == .notFound { return false }
      throw error
    }
  }

  private func key(_ path: String) throws(StoreError) -> ObjectKey {
    guard let key = ObjectKey(path) else { throw StoreError(store: store.name, .other, "`\(path)` cannot be the name of a message") }
    return key
  }

  private func bytes(_ message: OutboxMessage) throws(StoreError) -> [UInt8] {
    do { return try CanonicalJSON.bytes(message) } catch { throw StoreError(store: store.name, .other, "the message cannot be written down") }
  }
}

extension ChannelKind {
  /// Whether it says, when it is asked, that it has a message already.
  var canBeAsked: Bool { self == .statusPage }
}
