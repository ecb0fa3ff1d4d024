/// What a saved plan does to one resource.
struct ResourceChange: Hashable, Comparable, Sendable {
  enum Action: String, Hashable, Sendable {
    case create, update, replace, delete
    var words: String { switch self { case .create: "made"; case .update: "changed"; case .replace: "made anew"; case .delete: "destroyed" } }
  }

  var address: String
  var action: Action

  static func < (a: Self, b: Self) -> Bool { a.address < b.address }

  /// As a fact: `create null_resource.a`.
  var text: String { "\(action.rawValue) \(address)" }
  init?(_ text: String) {
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let action = Action(rawValue: String(parts[0])) else { return nil }
    self.init(String(parts[1]), action)
  }
  init(_ address: String, _ action: Action) { self.address = address; self.action = action }

  /// Nil where nothing is changed: `no-op` and `read`.
  init?(_ address: String, actions: [String]) {
    switch actions {
    case ["create"]: self.init(address, .create)
    case ["update"]: self.init(address, .update)
    case ["delete"]: self.init(address, .delete)
    case let both where both.contains("create") && both.contains("delete"): self.init(address, .replace)
    default: return nil
    }
  }

  /// `2 made, 1 destroyed`.
  static func words(_ changes: [ResourceChange]) -> String {
    [Action.create, .update, .replace, .delete].compactMap { action in
      let count = changes.count { $0.action == action }
      return count == 0 ? nil : "\(count) \(action.words)"
    }.joined(separator: ", ")
  }
}

/// What `show -json` says of a saved plan, as far as it is needed.
struct ShownPlan: Decodable {
  struct Resource: Decodable { var address: String; var mode: String?; var change: Change }
  struct Change: Decodable { var actions: [String] }
  var resource_changes: [Resource]?

  /// Sorted by address.
  var changes: [ResourceChange] { (resource_changes ?? []).compactMap { ResourceChange($0.address, actions: $0.change.actions) }.sorted() }
}

/// What `output -json` says of one output.
struct ShownOutput: Decodable {
  var sensitive: Bool
  /// Nil where it is a list or a map.
  var text: String?

  private enum Keys: String, CodingKey { case sensitive, value }
  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Keys.self)
    sensitive = try members.decode(Bool.self, forKey: .sensitive)
    guard !sensitive else { return }
    if let value = try? members.decode(String.self, forKey: .value) { text = value } else if let value = try? members.decode(Bool.self, forKey: .value) {
      text = value ? "true" : "false"
    } else if let value = try? members.decode(Int64.self, forKey: .value) { text = String(value) }
  }
}
