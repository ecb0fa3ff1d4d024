internal import Concurrency
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

/// Tells a person how a run goes: a line for each event; on a terminal also a last line that is drawn again and again with bytes, rate and
/// remaining time; elsewhere a plain line for each running step every ten seconds.
final class RunProgress: Sendable {
  private struct Running {
    var progress: StepProgress?
    var began: Timestamp
    var told: Timestamp
  }
  private struct State {
    var run: RunState?
    var running: [StepName: Running] = [:]
    var drawn: Timestamp?
    var hasStatusLine = false
  }
  private let console: Console
  private let lines: RunLines
  private let state = Lock(State())
  private let now: @Sendable () -> Timestamp

  init(_ console: Console, stateOption: String, now: @escaping @Sendable () -> Timestamp) {
    self.console = console
    self.now = now
    lines = RunLines(console.style, stateOption: stateOption)
  }

  func tell(_ news: RunNews) {
    let text = state.withLock { state in
      switch news {
      case .opened(let run, _): state.run = run; return ""
      case .recorded(let entry): return recorded(entry, &state)
      case .progress(let job, let progress): return progressed(job, progress, &state)
      case .asking: return clear(&state)
      case .waiting(let until): return clear(&state) + "          tried again at \(until.timeOfDay)\n"
      }
    }
    if !text.isEmpty { console.writeError(text) }
  }

  /// Takes the status line away.
  func end() {
    let text = state.withLock { clear(&$0) }
    if !text.isEmpty { console.writeError(text) }
  }

  private func recorded(_ entry: Entry, _ state: inout State) -> String {
    if var run = state.run {
      try? run.apply(entry.event, at: entry.at)
      state.run = run
    }
    switch entry.event {
    case .intent(let job): state.running[job.step] = Running(progress: nil, began: entry.at, told: entry.at)
    case .outcome(let outcome): state.running[outcome.job.step] = nil
    default: break
    }
    guard let run = state.run, let line = lines.line(entry, in: run) else { return "" }
    return clear(&state) + line
  }

  private func progressed(_ job: Job, _ progress: StepProgress, _ state: inout State) -> String {
    let time = now()
    state.running[job.step, default: Running(progress: nil, began: time, told: time)].progress = progress
    guard console.progressIsLive else {
      guard let running = state.running[job.step], time - running.told >= .seconds(10) else { return "" }
      state.running[job.step]?.told = time
      return "\(time.timeOfDay)  \(job.step): \(Self.text(progress, since: running.began, time))\n"
    }
    if let drawn = state.drawn, time - drawn < .milliseconds(200) { return "" }
    state.drawn = time
    state.hasStatusLine = true
    let parts = state.running.sorted { $0.key < $1.key }.compactMap { name, running in
      running.progress.map { "\(name): \(Self.text($0, since: running.began, time))" }
    }
    return "\r\u{1B}[K" + String(parts.joined(separator: "   ").prefix(max(20, console.style.width - 1)))
  }

  /// `copying rows, 1.20 GB of 3.40 GB, 210 MB/s, 10s left`.
  private static func text(_ progress: StepProgress, since began: Timestamp, _ now: Timestamp) -> String {
    var parts = [progress.phase]
    let elapsed = max(1, (now - began).milliseconds)
    if progress.done > .zero {
      let rate = progress.done.bytes / elapsed * 1_000 + progress.done.bytes % elapsed * 1_000 / elapsed
      parts.append(progress.total.map { "\(progress.done.rounded) of \($0.rounded)" } ?? progress.done.rounded)
      parts.append("\(ByteCount(bytes: rate).rounded)/s")
      if let total = progress.total, rate > 0, total > progress.done {
        parts.append("\(TimeSpan.seconds((total.bytes - progress.done.bytes) / rate + 1).rounded) left")
      }
    }
    return parts.joined(separator: ", ")
  }

  private func clear(_ state: inout State) -> String {
    guard state.hasStatusLine else { return "" }
    state.hasStatusLine = false
    return "\r\u{1B}[K"
  }
}
