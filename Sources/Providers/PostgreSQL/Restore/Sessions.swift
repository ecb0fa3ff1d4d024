internal import Concurrency
internal import PostgreSQLClient

/// Work for several sessions of one database at once: each takes the next item when it is free.
struct Sessions: Sendable {
  let address: ServerAddress
  let application: String
  let count: Int
  let settings: [String]

  func open() async throws(PostgreSQLError) -> PostgreSQLConnection {
    try await .open(address, application: application, settings: settings)
  }

  /// Results in no order. The first failure ends the others.
  func run<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item, Session) async throws -> Value
  ) async throws -> [Value] {
    guard !items.isEmpty else { return [] }
    let next = Lock(0)
    return try await withThrowingTaskGroup(of: [Value].self) { group in
      for _ in 0..<min(count, items.count) {
        group.addTask {
          let session = Session(sessions: self)
          var values: [Value] = []
          while true {
            let index = next.withLock { index in
              defer { index += 1 }
              return index
            }
            guard index < items.count else { break }
            values.append(try await body(items[index], session))
          }
          await session.close()
          return values
        }
      }
      var all: [Value] = []
      while let values = try await group.next() { all += values }
      return all
    }
  }

  /// One of them; opened when it is first used, and again after it was lost.
  actor Session {
    private let sessions: Sessions
    private var current: PostgreSQLConnection?
    init(sessions: Sessions) { self.sessions = sessions }

    func connection() async throws -> PostgreSQLConnection {
      if let current { return current }
      let opened = try await sessions.open()
      current = opened
      return opened
    }

    /// After a failure: the next piece of work gets a new connection.
    func reset() { current = nil }

    func close() async {
      await current?.close()
      current = nil
    }
  }
}
