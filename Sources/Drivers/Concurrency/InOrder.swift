/// Does the same with each item, a few at once. The results come in the order of the items, and end with the first failure: after one nothing
/// more is begun.
public func inOrder<Item: Sendable, Value: Sendable, Failure: Error>(
  _ items: [Item], atOnce width: Int, _ body: @escaping @Sendable (Item) async throws(Failure) -> Value
) async -> [Result<Value, Failure>] {
  await withTaskGroup(of: (Int, Result<Value, Failure>).self) { group in
    var results: [Result<Value, Failure>?] = Array(repeating: nil, count: items.count)
    var (begun, failed) = (0, false)
    func begin() {
      guard begun < items.count, !failed else { return }
      let (index, item) = (begun, items[begun])
      begun += 1
      group.addTask {
        do throws(Failure) { return (index, .success(try await body(item))) } catch { return (index, .failure(error)) }
      }
    }
    for _ in 0..<max(1, width) { begin() }
    while let (index, result) = await group.next() {
      results[index] = result
      if case .failure = result { failed = true }
      begin()
    }
    // Items are begun in order, so there is no gap before a failure.
    var ordered: [Result<Value, Failure>] = []
    for case let result? in results {
      ordered.append(result)
      if case .failure = result { break }
    }
    return ordered
  }
}
