internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Passes bytes to and from a running program, all three streams at once, so that none can hold up another.
struct ChildStreams: Sendable {
  private let execution: Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

  init(_ execution: Execution<CustomWriteInput, SequenceOutput, SequenceOutput>) { self.execution = execution }

  private enum Ended: Sendable { case input((any Error)?), stream, process }

  /// Returns when the program has ended, or has closed its output and taken all its input.
  func pass(input: ChildInput, onOutput: @escaping @Sendable ([UInt8]) async throws -> Void, errors: ErrorTail) async throws {
    try await withThrowingTaskGroup(of: Ended.self) { group in
      group.addTask {
        do {
          try await feed(input)
          return .input(nil)
        } catch { return .input(error) }
      }
      group.addTask {
        for try await chunk in execution.standardOutput { try await onOutput(chunk.array) }
        return .stream
      }
      group.addTask {
        for try await chunk in execution.standardError { errors.append(chunk.array) }
        return .stream
      }
      var open = 2
      var processEnded = false
      while let ended = try await group.next() {
        switch ended {
        case .stream:
          open -= 1
          // Its input may be fed by something slow that no one waits for any more.
          if open == 0 { group.addTask { await processEnd(); return .process } }
        case .process:
          processEnded = true
          group.cancelAll()
        case .input(let error?) where !processEnded: throw error
        case .input: break
        }
        try Task.checkCancellation()
      }
    }
    // A cancelled stream ends early without an error.
    try Task.checkCancellation()
  }

  private func feed(_ input: ChildInput) async throws {
    let writer = execution.standardInputWriter
    switch input {
    case .none: break
    case .bytes(let bytes): _ = try await write(bytes, to: writer)
    case .chunks(let next):
      while let chunk = try await next() {
        try Task.checkCancellation()
        guard try await write(chunk, to: writer) else { break }
      }
    }
    try Task.checkCancellation()
    try await writer.finish()
  }

  /// False when the program takes no more: it has closed its input or ended, as it may.
  private func write(_ bytes: [UInt8], to writer: StandardInputWriter) async throws -> Bool {
    do {
      return try await writer.write(bytes) == bytes.count
    } catch where error.underlyingError == .brokenPipe {
      return false
    }
  }

  /// Asks now and then, often at first, because the library tells only when it returns. The process is not waited for here, so its number
  /// stays its own.
  private func processEnd() async {
    let pid = execution.processIdentifier.value
    var pause = Duration.milliseconds(1)
    while !Task.isCancelled {
      var info = siginfo_t()
      let answer = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
      if answer != 0 || info.si_signo == SIGCHLD { return }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(50))
    }
  }
}

extension SubprocessOutputSequence.Buffer {
  fileprivate var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
