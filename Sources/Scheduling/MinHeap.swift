/// A binary heap: the least element first.
struct MinHeap<Element: Comparable & Sendable>: Sendable {
  private var items: [Element] = []
  var min: Element? { items.first }
  var isEmpty: Bool { items.isEmpty }

  mutating func insert(_ element: Element) {
    items.append(element)
    var child = items.count - 1
    while child > 0, case let parent = (child - 1) / 2, items[child] < items[parent] {
      items.swapAt(child, parent)
      child = parent
    }
  }

  @discardableResult
  mutating func popMin() -> Element? {
    guard let top = items.first else { return nil }
    let last = items.removeLast()
    guard !items.isEmpty else { return top }
    items[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < items.count else { return top }
      if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
      guard items[child] < items[parent] else { return top }
      items.swapAt(child, parent)
      parent = child
    }
  }
}
