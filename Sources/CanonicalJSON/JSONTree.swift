/// A JSON value under construction, in one array: members and elements are chained in the order in which they came. Containers of an encoder
/// fill their places while others may still hold theirs.
final class JSONTree {
  /// Where a value stands.
  typealias Place = Int
  enum Content {
    case object, array
    case scalar(JSONValue)
  }
  private struct Node {
    /// A value that encodes nothing at all is an object without members.
    var content = Content.object
    var key = ""
    var first: Place?
    var last: Place?
    var next: Place?
    var count = 0
  }
  private var nodes = [Node()]
  let root: Place = 0

  func set(_ place: Place, _ content: Content) { nodes[place].content = content }

  /// A second container of the same shape goes on with the first; one of another shape begins anew.
  func begin(_ place: Place, _ shape: Content) {
    switch (nodes[place].content, shape) {
    case (.object, .object), (.array, .array): break
    default:
      nodes[place].content = shape
      nodes[place].first = nil; nodes[place].last = nil; nodes[place].count = 0
    }
  }

  func count(_ place: Place) -> Int { nodes[place].count }
  func element(of place: Place) -> Place { member(of: place, "") }

  func member(of place: Place, _ key: String) -> Place {
    let new = nodes.count
    nodes.append(Node(key: key))
    if let last = nodes[place].last { nodes[last].next = new } else { nodes[place].first = new }
    nodes[place].last = new
    nodes[place].count += 1
    return new
  }

  private func children(_ place: Place) -> some Sequence<Place> { sequence(state: nodes[place].first) { [self] next in
    guard let place = next else { return nil }
    next = nodes[place].next
    return place
  } }

  var value: JSONValue { value(root) }
  private func value(_ place: Place) -> JSONValue {
    switch nodes[place].content {
    case .scalar(let value): value
    case .array: .array(children(place).map(value))
    case .object: .object(Dictionary(children(place).map { (nodes[$0].key, value($0)) }) { _, last in last })
    }
  }

  /// Appends the one text of this value.
  func write(to writer: inout CanonicalWriter) {
    var order: [Place] = []
    write(root, to: &writer, &order)
  }

  /// `order` is a stack that all objects share: the members of this one stand on top while it is written.
  private func write(_ place: Place, to writer: inout CanonicalWriter, _ order: inout [Place]) {
    switch nodes[place].content {
    case .scalar(let value): writer.write(value)
    case .array:
      writer.put("[")
      var next = nodes[place].first
      while let element = next {
        write(element, to: &writer, &order)
        next = nodes[element].next
        if next != nil { writer.put(",") }
      }
      writer.put("]")
    case .object:
      let base = order.count
      var next = nodes[place].first
      while let member = next {
        insert(member, in: &order, from: base)
        next = nodes[member].next
      }
      writer.put("{")
      for index in base..<order.count {
        if index > base { writer.put(",") }
        writer.writeText(nodes[order[index]].key)
        writer.put(":")
        write(order[index], to: &writer, &order)
      }
      writer.put("}")
      order.removeLast(order.count - base)
    }
  }

  /// By the order of the keys' bytes; of two members with the same key the later one counts.
  private func insert(_ member: Place, in order: inout [Place], from base: Int) {
    let key = nodes[member].key
    var (low, high) = (base, order.count)
    while low < high {
      let middle = (low + high) / 2
      if key.utf8.lexicographicallyPrecedes(nodes[order[middle]].key.utf8) { high = middle } else { low = middle + 1 }
    }
    if low > base, nodes[order[low - 1]].key == key { order[low - 1] = member } else { order.insert(member, at: low) }
  }
}
