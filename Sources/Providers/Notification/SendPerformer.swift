internal import ObjectStore
internal import PlanModel
public import ProviderInterface

/// Puts the message into the outbox. That is all that the run waits for.
public struct NotifySendPerformer: StepPerformer {
  public typealias Kind = NotifySend
  private let outbox: Outbox

  public init(_ outbox: Outbox) { self.outbox = outbox }

  public func perform(_ arguments: NotifySend.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    var channels: [Channel] = []
    for var channel in arguments.channels {
      channel.to = try known(channel.to, context)
      if let key = channel.key { channel.key = try known(key, context) }
      channels.append(channel)
    }
    let message = OutboxMessage(run: context.mark.run, step: context.mark.step, plan: context.plan, text: arguments.text, channels: channels, posted: context.now())
    do throws(StoreError) { try await outbox.post(message) } catch {
      throw StepFailure("outbox-unusable", "the message cannot be kept: \(error.detail)", details: ["nothing was sent"], helps: ["look at the state directory: is the disk full?", "tell people by hand"], transient: true)
    }
    return StepResult(summary: "in the outbox, goes by " + channels.map(\.by.words).joined(separator: ", else by "))
  }

  /// Outputs of other steps are known now, and to nobody later. Secrets stay references.
  private func known(_ input: InputValue, _ context: PerformingContext) throws(StepFailure) -> InputValue {
    guard case .output(let step, let name) = input else { return input }
    switch context.outputs[step]?[name] {
    case .text(let text): return .text(text)
    case .secret(let reference): return .secret(reference)
    case nil: throw StepFailure("output-missing", "the step `\(step)` gave no output `\(name)`", helps: ["run `\(step)` again, or write the value into the plan"])
    }
  }

  public func settle(_: NotifySend.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StoreError) {
      return try await outbox.holds(run: context.mark.run, step: context.mark.step) ? .done(StepResult(summary: "in the outbox")) : .notDone
    } catch { return .notDone }
  }

  public func undo(_: NotifySend.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
