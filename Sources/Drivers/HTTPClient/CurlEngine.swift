internal import CLibCurl
internal import Concurrency

/// One thread that runs libcurl's multi interface for all transfers of a client. Everything libcurl is touched by it alone, except
/// `dr_curl_multi_wakeup`, which is made for other threads.
final class CurlEngine: Sendable {
  enum Command { case add(Transfer), goOn(Transfer), cancel(Transfer), stop }

  private let thread = BlockingPool(threads: 1)
  private let commands = Lock<(queue: [Command], closed: Bool)>(([], false))
  // Never changes; who may call with it stands above.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

  /// Nil when there is no libcurl.
  init?() {
    guard dr_curl_loaded() == 1, let multi = dr_curl_multi_init() else { return nil }
    self.multi = multi
    Task.detached { [self] in await thread.run { self.loop() } }
  }

  func stop() { send(.stop) }

  func send(_ command: Command) {
    commands.withLock { commands in
      guard !commands.closed else { return }
      commands.queue.append(command)
      dr_curl_multi_wakeup(multi)
    }
  }

  private func loop() {
    var active: [UnsafeMutableRawPointer: Transfer] = [:]
    var running: Int32 = 0
    while obey(&active) {
      dr_curl_multi_perform(multi, &running)
      for transfer in active.values { transfer.handOver() }
      var left: Int32 = 0
      while let message = dr_curl_multi_next_message(multi, &left) {
        guard Int(message.pointee.kind) == dr_curlmsg_done, let easy = message.pointee.easy,
          let transfer = active.removeValue(forKey: easy)
        else { continue }
        let code = Int(message.pointee.data.result)
        dr_curl_multi_remove(multi, easy)
        transfer.end(code: code)
      }
      dr_curl_multi_poll(multi, 60_000)
    }
    dr_curl_multi_cleanup(multi)
  }

  /// Carries out what was asked for meanwhile; false at the end.
  private func obey(_ active: inout [UnsafeMutableRawPointer: Transfer]) -> Bool {
    let batch = commands.withLock { commands in
      defer { commands.queue = [] }
      return commands.queue
    }
    for command in batch {
      switch command {
      case .add(let transfer):
        guard !transfer.cancelled else { transfer.endCancelled(); continue }
        active[transfer.easy] = transfer
        dr_curl_multi_add(multi, transfer.easy)
      case .goOn(let transfer):
        if active[transfer.easy] != nil { dr_curl_go_on(transfer.easy) }
      case .cancel(let transfer):
        // It may come before its `add`.
        transfer.cancelled = true
        guard active.removeValue(forKey: transfer.easy) != nil else { continue }
        dr_curl_multi_remove(multi, transfer.easy)
        transfer.endCancelled()
      case .stop:
        commands.withLock { $0.closed = true }
        for (easy, transfer) in active {
          dr_curl_multi_remove(multi, easy)
          transfer.endCancelled()
        }
        return false
      }
    }
    return true
  }
}
