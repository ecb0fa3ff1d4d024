internal import Glibc
internal import Units

/// How programs are started so that nothing they start can outlive the run.
///
/// Each program gets a parent of its own: this executable once more, in a hidden mode, in a session of its own. That supervisor
/// starts the program, adopts its orphans, and stops all of them when it is told to, or when the process that started it is gone
/// by whatever means, `kill -9` included. It ends only when they have ended, and ends as the program did. It is a process for each
/// program and not one for all: it is then the parent of what it kills, so no recycled process number can mislead it, and losing
/// one loses one program.
public struct Supervisor: Sendable {
  /// The `sie-dr` to start in the hidden mode: the running one, unless a test says otherwise.
  public var executable: String
  public init(executable: String = "/proc/self/exe") { self.executable = executable }
}

/// The hidden modes of the executable.
public enum ChildProcessModes {
  /// Call first thing in `main` with the process's arguments, before any thread is started. When they ask for a hidden mode, it is
  /// carried out and its exit status returned; else nil.
  public static func runIfAsked(_ arguments: [String]) -> Int32? {
    guard arguments.count >= 2, arguments[1] == SupervisorOrder.mode else { return nil }
    guard let order = SupervisorOrder(arguments: arguments) else {
      SupervisorProcess.say("'\(SupervisorOrder.mode)' is for sie-dr's own use\n")
      return 64
    }
    var supervisor = SupervisorProcess(order)
    return supervisor.run()
  }
}

/// What a supervisor is told, as its argument list: `sie-dr __supervise PARENT GRACE -- PATH ARGUMENT0 ARGUMENTS…`.
struct SupervisorOrder: Equatable {
  static let mode = "__supervise"
  /// The process whose end is the program's end.
  var parent: pid_t
  /// Between SIGTERM and SIGKILL, when the parent asks for the end.
  var grace: TimeSpan
  var path: String
  /// With the name that the program was called by as the first.
  var arguments: [String]

  init(parent: pid_t, grace: TimeSpan, path: String, arguments: [String]) {
    self.parent = parent; self.grace = grace; self.path = path; self.arguments = arguments
  }

  init?(arguments list: [String]) {
    guard list.count >= 7, list[1] == Self.mode, let parent = pid_t(list[2]), let grace = Int64(list[3]), grace >= 0, list[4] == "--"
    else { return nil }
    self.init(parent: parent, grace: .milliseconds(grace), path: list[5], arguments: Array(list[6...]))
  }

  /// Without the name of the executable.
  var list: [String] { [Self.mode, "\(parent)", "\(grace.milliseconds)", "--", path] + arguments }

  /// A supervisor that could not start its program says why on its error output and ends by this signal, which no program ends by.
  static let cannotStart: Int32 = 64  // SIGRTMAX, a macro that is not imported.
}
