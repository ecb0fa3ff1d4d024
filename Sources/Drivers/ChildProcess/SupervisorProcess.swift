internal import CLinuxProcess
internal import Glibc
internal import Units

/// The supervisor itself: one thread that waits for signals and for the end of its children.
///
/// A program that ends by itself may leave a service behind that has made a session of its own (as `pg_ctl start` does); whatever
/// else it leaves is killed. When the program is stopped, everything that it started is.
struct SupervisorProcess {
  private enum Phase {
    case running
    /// The program is being stopped: at `killAt`, on the monotonic clock, patience ends.
    case stopping(killAt: TimeSpan)
    /// What is left is being killed: all of it, or what belongs to this session.
    case killing(everything: Bool)
  }

  private static let parentEnded = SIGUSR1
  /// A parent that is gone waits for nothing.
  private static let graceWithoutParent = TimeSpan.milliseconds(500)
  private static let rescan = TimeSpan.milliseconds(20)

  private let order: SupervisorOrder
  private var phase = Phase.running
  private var program: pid_t = 0
  private var programStatus: Int32?

  init(_ order: SupervisorOrder) { self.order = order }

  /// Runs the program to its end. Returns only when the program's exit status is to be this process's own.
  mutating func run() -> Int32 {
    let signals = Self.blockSignals([SIGCHLD, SIGTERM, SIGINT, SIGHUP, Self.parentEnded])
    _ = dr_set_process_name("dr-supervisor")
    guard dr_adopt_orphans() == 0, dr_signal_at_parent_death(Self.parentEnded) == 0 else { return giveUp("prctl: \(Self.words(errno))") }
    // The parent may have gone before the line above, and then no signal comes.
    guard getppid() == order.parent else { return giveUp("the run that asked for it is gone") }
    if let failure = startProgram() { return giveUp(failure) }
    Self.letGoOfPipes()
    while true {
      reap()
      if act() { return endAsProgramDid() }
      wait(for: signals)
    }
  }

  // MARK: Start

  private mutating func startProgram() -> String? {
    var arguments = order.arguments.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var failure: Int32 = 0
    let pid = dr_start_program(order.path, arguments, &failure)
    guard pid > 0 else { return Self.startFailure(failure, path: order.path) }
    program = pid
    return nil
  }

  private static func startFailure(_ code: Int32, path: String) -> String {
    switch code {
    case ENOEXEC: "\(path) is not in a format that this machine executes"
    case ENOENT: "\(path), or the interpreter that its first line names, does not exist"
    case E2BIG: "its arguments and environment are larger than the system allows"
    case EAGAIN: "this user's limit on processes is reached ('ulimit -u' shows it)"
    default: "\(path): \(words(code))"
    }
  }

  /// The program alone holds its pipes, so that their other end sees when it closes them.
  private static func letGoOfPipes() {
    let null = open("/dev/null", O_RDWR)
    guard null >= 0 else { return }
    for descriptor in Int32(0)...2 { dup2(null, descriptor) }
    if null > 2 { close(null) }
  }

  // MARK: The loop

  private mutating func reap() {
    var status: Int32 = 0
    while true {
      let pid = waitpid(-1, &status, WNOHANG)
      if pid < 0, errno == EINTR { continue }
      guard pid > 0 else { return }
      guard pid == program else { continue }
      programStatus = status
      if case .running = phase { phase = .killing(everything: false) } else { phase = .killing(everything: true) }
    }
  }

  /// Does what the phase asks for; true when nothing is left to do.
  private mutating func act() -> Bool {
    if case .stopping(let killAt) = phase, Self.now() >= killAt { phase = .killing(everything: true) }
    guard case .killing(let everything) = phase else { return false }
    let session = getsid(0)
    // Children only: their numbers cannot be recycled before `reap`. Their own children become ours as they die.
    let victims = ProcessTable.children(of: getpid()).filter { everything || $0.session == session }
    for victim in victims { kill(victim.pid, SIGKILL) }
    return victims.isEmpty && programStatus != nil
  }

  private mutating func wait(for signals: sigset_t) {
    var signals = signals
    switch phase {
    case .running: receive(sigwaitinfo(&signals, nil))
    case .stopping(let killAt): receive(Self.nextSignal(of: signals, within: killAt - Self.now()))
    case .killing: receive(Self.nextSignal(of: signals, within: Self.rescan))
    }
  }

  private mutating func receive(_ signal: Int32) {
    switch signal {
    case SIGTERM, SIGINT, SIGHUP: stop(within: order.grace)
    // Also sent when only the parent's thread ends that started this process.
    case Self.parentEnded: if getppid() != order.parent { stop(within: Self.graceWithoutParent) }
    default: break
    }
  }

  private mutating func stop(within grace: TimeSpan) {
    let killAt = Self.now() + grace
    switch phase {
    case .running:
      // This process is of the group too, and finds the signal later, when it changes nothing.
      for signal in [SIGTERM, SIGCONT] { kill(0, signal) }
      let group = getpgrp()
      for orphan in ProcessTable.children(of: getpid()) where orphan.group != group { kill(orphan.pid, SIGTERM) }
      phase = .stopping(killAt: killAt)
    case .stopping(let earlier): phase = .stopping(killAt: min(earlier, killAt))
    case .killing: break
    }
  }

  // MARK: End

  private func endAsProgramDid() -> Int32 {
    let status = programStatus ?? 0
    let signal = status & 0x7F
    guard signal != 0 else { return status >> 8 & 0xFF }
    Self.end(by: signal)
    return 128 + signal
  }

  private func giveUp(_ reason: String) -> Int32 {
    Self.say(reason)
    Self.end(by: SupervisorOrder.cannotStart)
    return 126
  }

  /// Ends this process by a signal, so that its parent sees the very status that the program had; without a core of its own.
  private static func end(by number: Int32) {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    signal(number, SIG_DFL)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, number)
    sigprocmask(SIG_UNBLOCK, &set, nil)
    kill(getpid(), number)
  }

  // MARK: The system

  static func say(_ text: String) { _ = write(2, text, text.utf8.count) }

  private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

  private static func blockSignals(_ numbers: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    sigprocmask(SIG_BLOCK, &set, nil)
    return set
  }

  /// The next of `signals`, or -1 when none comes in time.
  private static func nextSignal(of signals: sigset_t, within span: TimeSpan) -> Int32 {
    var signals = signals
    let milliseconds = max(0, span.milliseconds)
    var limit = timespec(tv_sec: Int(milliseconds / 1_000), tv_nsec: Int(milliseconds % 1_000) * 1_000_000)
    return sigtimedwait(&signals, nil, &limit)
  }

  private static func now() -> TimeSpan {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .milliseconds(Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
