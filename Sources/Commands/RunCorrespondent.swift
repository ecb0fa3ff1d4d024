internal import ChangePlanning
internal import Correspondence
internal import ExecutionShell
internal import Journaling
internal import NotificationProvider
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import Units

/// Tells the audiences of a run's plan, beside the run: what is recorded goes into a queue of its own, from there into the outbox. The run waits for none of it.
actor RunCorrespondent {
  private enum Input: Sendable {
    case history([Entry])
    case entry(Entry)
    case tick
    case over
  }
  private let outbox: Outbox
  private let now: @Sendable () -> Timestamp
  private let (inputs, input) = AsyncStream.makeStream(of: Input.self)
  private var correspondence: Correspondence?
  private var timer: Task<Void, Never>?
  private(set) var isOver = false
  /// Messages that could not be kept: name and why.
  private(set) var lost: [(name: String, why: String)] = []
  /// What happened longer ago is no news.
  private static let oldest = TimeSpan.hours(1)

  init(_ outbox: Outbox, now: @escaping @Sendable () -> Timestamp) {
    self.outbox = outbox; self.now = now
  }

  /// What the journal held before this process went on with the run: of what nobody was told then, people are told now.
  nonisolated func remember(_ history: [Entry]) { input.yield(.history(history)) }

  nonisolated func tell(_ news: RunNews) { if case .recorded(let entry) = news { input.yield(.entry(entry)) } }

  /// Works until the run is over.
  func work() async {
    for await next in inputs {
      switch next {
      case .history(let entries): for entry in entries { await take(entry) }
      case .entry(let entry): await take(entry)
      case .tick: await post(correspondence?.tick(at: now()) ?? [])
      case .over: input.finish()
      }
      wind()
    }
    timer?.cancel()
    isOver = true
  }

  /// Returns when all that was recorded is in the outbox, or after so long.
  nonisolated func finish(within limit: TimeSpan) async {
    input.yield(.over)
    let end = ContinuousClock.now + limit.duration
    while await !isOver, .now < end { try? await Task.sleep(for: .milliseconds(10)) }
  }

  private func take(_ entry: Entry) async {
    if case .runStarted(let start) = entry.event { correspondence = Correspondence(start.changeset) }
    await post(correspondence?.take(entry) ?? [])
  }

  private func post(_ messages: [Correspondence.Message]) async {
    guard let correspondence else { return }
    for message in messages where now() - message.at <= Self.oldest {
      do throws(StoreError) { try await outbox.post(OutboxMessage(message, correspondence.changeset, correspondence.run)) } catch { lost.append((message.name, "it cannot be kept: \(error.detail)")) }
    }
  }

  private func wind() {
    timer?.cancel()
    timer = correspondence?.nextTick.map { next in
      Task { [input, now] in
        let wait = max(.zero, next - now())
        guard (try? await Task.sleep(for: min(wait, .days(30)).duration)) != nil else { return }
        input.yield(.tick)
      }
    }
  }
}

extension OutboxMessage {
  fileprivate init(_ message: Correspondence.Message, _ changeset: Changeset, _ run: RunID) {
    let status: IncidentStatus = message.isResolved ? .resolved : message.occasion == .start ? .investigating : .identified
    self.init(
      run: run, step: StepName(rawValue: message.name), plan: changeset.plan.name, text: message.text,
      channels: message.audience.ways.compactMap { Channel($0, status: status) }, posted: message.at, isPublic: message.audience.isPublic)
  }
}
