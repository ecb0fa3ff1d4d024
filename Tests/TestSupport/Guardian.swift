internal import Glibc

/// A shell that waits on a socket for the end of this process, however that comes, then cleans up.
enum Guardian {
  /// Starts `sh -c script sh arguments…`; `read line` in it returns when this process has ended or has closed the descriptor given back.
  static func start(_ script: String, _ arguments: [String] = [], environment: [String: String] = [:], output: String = "/dev/null") throws -> Int32 {
    var ends: [Int32] = [-1, -1]
    // Not a pipe and fcntl: another thread may start a program in between, which would hold the pipe open.
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw ProgramFailure(description: "cannot make a pair of sockets")
    }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_CREAT | O_WRONLY, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    _ = try spawn(["sh", "-c", script, "sh"] + arguments, environment: environment, actions: &actions, newSession: true)
    return ends[1]
  }
}
