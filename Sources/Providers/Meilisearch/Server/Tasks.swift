internal import HTTPClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// Work that a server has queued.
extension SearchServer {
  /// Waits until a task has ended well. Where the wait ends before, by a cancellation or by `limit`, the server is told to give the task up.
  @discardableResult
  func finish(_ uid: Int64, _ what: String, within limit: TimeSpan) async throws(StepFailure) -> Answers.Task {
    do throws(StepFailure) {
      let end = ContinuousClock.now.advanced(by: limit.duration)
      var pause = TimeSpan.milliseconds(50)
      while true {
        let task = try await task(uid)
        if task.isFinished { return try verdict(task, what) }
        guard ContinuousClock.now < end else {
          throw StepFailure(
            "task-timed-out", "`\(reference.server)` has not done in \(limit.rounded): \(what)", details: ["task \(uid) is \(task.status), and was given up"],
            helps: ["a long task before it holds it up: curl '\(reference.url)/tasks?statuses=processing'; give the step a longer time-out"], transient: true)
        }
        do { try await Task.sleep(for: pause.duration) } catch { throw .cancelled }
        pause = min(pause + pause, .seconds(2))
      }
    } catch {
      if ["cancelled", "task-timed-out"].contains(error.code) { await giveUp(uid) }
      throw error
    }
  }

  private func verdict(_ task: Answers.Task, _ what: String) throws(StepFailure) -> Answers.Task {
    guard task.status != "succeeded" else { return task }
    let said = task.error.map { ["it said: \(redacted($0.message)) (\($0.code))"] } ?? []
    guard task.status == "failed" else {
      throw StepFailure("task-cancelled", "somebody has cancelled a task of `\(reference.server)`: \(what)", details: ["task \(task.uid)"], helps: ["find out who, then run the step again"])
    }
    if task.error?.code == "no_space_left_on_device" {
      throw StepFailure("server-disk-full", "the disk of `\(reference.server)` is full: \(what) failed", details: said, helps: ["free space there; old dumps are in its dump folder"])
    }
    throw StepFailure("task-failed", "`\(reference.server)` could not do: \(what)", details: ["task \(task.uid)"] + said, helps: ["look at what it said, and into its log"])
  }

  /// In a task of its own: this one may be cancelled.
  private func giveUp(_ uid: Int64) async {
    await Task { _ = try? await send(.post, "/tasks/cancel?uids=\(uid)") }.value
  }

  /// Waits until everything that was handed in before now is done, so that what is counted and what is dumped is the same.
  func drain(within limit: TimeSpan) async throws(StepFailure) {
    guard let newest = try await tasks("limit=1").first else { return }
    let end = ContinuousClock.now.advanced(by: limit.duration)
    var pause = TimeSpan.milliseconds(50)
    while let open = try await tasks("statuses=enqueued,processing&limit=1&from=\(newest.uid)").first {
      guard ContinuousClock.now < end else {
        throw StepFailure(
          "queue-too-long", "`\(reference.server)` has not worked off in \(limit.rounded) what was handed in before: task \(open.uid), a \(open.type), is \(open.status)",
          helps: ["look at its queue: curl '\(reference.url)/tasks?statuses=enqueued,processing'; give the step a longer time-out"], transient: true)
      }
      do { try await Task.sleep(for: pause.duration) } catch { throw .cancelled }
      pause = min(pause + pause, .seconds(2))
    }
  }
}
