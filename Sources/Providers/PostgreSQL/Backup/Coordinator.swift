internal import PostgreSQLClient

/// Holds the snapshot: the one session that has all locks from before it. It reads the tables that no worker can lock any more, since an
/// exclusive lock is queued behind this very session, and otherwise keeps its connection from being taken for dead.
actor Coordinator {
  private let connection: PostgreSQLConnection
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var isBusy = false

  init(connection: PostgreSQLConnection) { self.connection = connection }

  /// Runs `body` when the session is free; one at a time.
  func use<Value: Sendable>(_ body: @Sendable (PostgreSQLConnection) async throws -> Value) async throws -> Value {
    while isBusy { await withCheckedContinuation { waiting.append($0) } }
    isBusy = true
    defer {
      isBusy = false
      if !waiting.isEmpty { waiting.removeFirst().resume() }
    }
    return try await body(connection)
  }

  /// A small query now and then, for firewalls that forget idle connections; returns only by throwing.
  func keepAlive(every period: Duration = .seconds(10)) async throws {
    while true {
      try await Task.sleep(for: period)
      if !isBusy { _ = try await use { try await $0.query("SELECT 1", deadline: .seconds(30)) } }
    }
  }

  /// Lets go of every lock at once.
  func close() async { await connection.close() }
}
