internal import ChildProcess
internal import ProviderInterface
internal import Units

/// How far something is that is waited for.
enum Progress: Hashable, Sendable {
  case done
  /// What is still missing, in words.
  case waits(String)
  /// It will never be done.
  case hopeless(String)
}

extension Cluster {
  /// Looks again and again until it is done, hopeless, or the time is over. Looks, and no watch: a connection that is cut, or a server that is
  /// away for a moment, costs one look.
  func wait(for what: String, _ report: @Sendable (StepProgress) -> Void = { _ in }, _ look: () async throws(StepFailure) -> Progress) async throws(StepFailure) {
    var last: String?
    var failure: StepFailure?
    while true {
      do throws(StepFailure) {
        switch try await look() {
        case .done: return
        case .waits(let text): (last, failure) = (text, nil)
        case .hopeless(let text):
          throw StepFailure(
            "never-ready", "\(what) will not be as it should: \(text)", helps: ["look at it: `kubectl --context \(reference.context) describe` and `logs`"])
        }
      } catch {
        guard error.isTransient else { throw error }
        // A look that ends because the time is over says less than the one before.
        if !isOver || failure == nil { failure = error }
      }
      if Task.isCancelled { throw .cancelled }
      if isOver, last == nil, let failure { throw failure }
      let seen = last ?? "nothing was seen of it"
      report(StepProgress(phase: seen))
      guard !isOver else {
        throw StepFailure(
          "not-ready-in-time", "\(what) is not as it should be after the step's time: \(seen)", details: failure.map { ["at last: \($0.message)"] + $0.details } ?? [],
          helps: [
            "look why: `kubectl --context \(reference.context) get events --sort-by=.lastTimestamp`",
            "resume the run to wait once more, or give the step a longer `timeout`",
          ])
      }
      do { try await Task.sleep(for: host.pause.duration) } catch { throw .cancelled }
    }
  }
}

extension PerformingContext {
  /// A little less than the engine's: who waits in vain must still be able to say what for.
  var patience: TimeSpan { max(timeout - .seconds(3), TimeSpan(milliseconds: timeout.milliseconds * 4 / 5)) }
  /// What this step's attempts write into the cluster: the same for all of them.
  var note: String { "\(mark.run).\(mark.step)" }
}

/// Annotations of ours.
enum Note {
  /// On a deployment: the step that scaled it, and the number before.
  static let scaled = "sie-dr/scaled"
  /// On a deployment's template, and so on each of its pods: the step that restarted it.
  static let restarted = "sie-dr/restarted"
  /// Beside it: the versions of the secrets that its pods were started after.
  static let secrets = "sie-dr/secrets"
  /// On a secret: the step that set its keys.
  static let set = "sie-dr/set"
  /// On what is kept for an undo: the step that will need it.
  static let kept = "sie-dr/kept-for"
  static let existed = "sie-dr/existed"
}
