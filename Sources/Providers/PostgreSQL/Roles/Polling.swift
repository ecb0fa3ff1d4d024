/// Asks again and again until there is an answer; nil when there was none in time. Honours cancellation.
func polled<Value>(within limit: Duration, every pause: Duration = .milliseconds(100), _ body: () async throws -> Value?) async throws -> Value? {
  let end = ContinuousClock.now.advanced(by: limit)
  while true {
    if let value = try await body() { return value }
    guard ContinuousClock.now < end else { return nil }
    try await Task.sleep(for: pause)
  }
}
