import ChildProcess
import Concurrency
import Glibc
import TestSupport
import Testing
import Units

/// A family that does not end by itself: a child in the background, one that ignores SIGTERM, one in a session of its own, one
/// whose parent is gone. Each writes its number into the file; the script itself as well.
private func family(_ file: String) -> String {
  """
  echo $$ >> \(file)
  sleep 1000 & echo $! >> \(file)
  (trap '' TERM; echo $(exec sh -c 'echo $PPID') >> \(file); while :; do sleep 1; done) &
  setsid sh -c 'echo $$ >> \(file); trap "" TERM HUP; while :; do sleep 1; done' &
  (setsid sh -c 'echo $$ >> \(file); exec sleep 1000' &) &
  wait
  """
}

@Suite struct ChildProcessEndTests {
  @Test func `A deadline ends a program with all that it started`() async throws {
    try await withTemporaryFolder { folder in
      let error = await #expect(throws: ChildError.self) {
        try await children.run(shell("echo I am slow >&2\n" + family("\(folder)/pids"), deadline: .seconds(2)))
      }
      #expect(error == .timedOut(program: "sh", after: .seconds(2), errorOutput: "I am slow\n"))
      #expect(error?.description == "'sh' was stopped: it took longer than its 2s; its last words: I am slow")
      let pids = processNumbers(contents(of: "\(folder)/pids"))
      #expect(pids.count == 5)
      let gone = try await areGone(pids)
      #expect(gone)
    }
  }

  @Test func `Cancelling the task ends a program with all that it started`() async throws {
    try await withTemporaryFolder { folder in
      let task = Task { try await children.run(shell(family("\(folder)/pids"))) }
      let pids = try await lines(of: "\(folder)/pids", count: 5).compactMap { pid_t($0) }
      task.cancel()
      await #expect(throws: ChildError.cancelled(program: "sh")) { try await task.value }
      let gone = try await areGone(pids)
      #expect(gone)
    }
  }

  @Test func `A task that is cancelled already starts nothing`() async throws {
    try await withTemporaryFolder { folder in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await children.run(shell("touch \(folder)/x"))
      }
      await #expect(throws: ChildError.cancelled(program: "sh")) { try await task.value }
      let listing = try await children.run(shell("ls \(folder)")).text
      #expect(listing == "")
    }
  }

  @Test func `A program that is told to end may clean up first`() async throws {
    try await withTemporaryFolder { folder in
      let script = "trap 'echo cleaned > \(folder)/log; exit' TERM; echo > \(folder)/ready; while :; do sleep 0.01; done"
      let task = Task { try await children.run(shell(script, grace: .seconds(30))) }
      _ = try await lines(of: "\(folder)/ready", count: 0)
      while contents(of: "\(folder)/ready").isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      task.cancel()
      await #expect(throws: ChildError.cancelled(program: "sh")) { try await task.value }
      #expect(contents(of: "\(folder)/log") == "cleaned\n")
    }
  }

  @Test func `What a program leaves running is killed when it ends, and holds up nobody`() async throws {
    let output = try await children.run(shell("sleep 1000 & echo $!; (sleep 1000 & echo $!); exit 0"))
    let pids = processNumbers(output.text)
    #expect(pids.count == 2 && output.succeeded)
    let gone = try await areGone(pids)
    #expect(gone)
  }

  @Test func `A service in a session of its own stays when its starter ends well`() async throws {
    let output = try await children.run(shell("setsid sh -c 'echo $$; exec sleep 1000' & sleep 0.3"))
    let pid = try #require(processNumbers(output.text).first)
    #expect(kill(pid, 0) == 0)
    kill(pid, SIGKILL)
    #expect(try await areGone([pid]))
  }

  @Test func `Killing the process that runs a program leaves nothing of it`() async throws {
    try await withTemporaryFolder { folder in
      let script = family("\(folder)/pids")
      let file = "\(folder)/pids"
      await #expect(processExitsWith: .signal(SIGKILL)) { [script = script as String, file = file as String] in
        let task = Task { try await children.run(shell(script)) }
        _ = try await lines(of: file, count: 5)
        kill(getpid(), SIGKILL)
        _ = try await task.value
      }
      let pids = processNumbers(contents(of: file))
      #expect(pids.count == 5)
      let gone = try await areGone(pids)
      #expect(gone)
    }
  }

  @Test func `Killing the supervisor of a program ends the program`() async throws {
    let output = try await children.run(shell("echo $$; sleep 1000 & echo $!; kill -9 $PPID; wait"))
    let pids = processNumbers(output.text)
    #expect(output.status == .signaled(SIGKILL) && pids.count == 2)
    let gone = try await areGone(pids)
    #expect(gone)
  }
}
