internal import ProviderInterface

/// `1.11.3`, or what a plan pins: `1.11`.
struct ServerVersion: Comparable, CustomStringConvertible {
  let text: String
  private let numbers: [Int]

  /// Nil for what no release is called.
  init?(_ text: String) {
    let numbers = text.prefix { $0 == "." || $0.isNumber }.split(separator: ".").map { Int($0) }
    let known = numbers.compactMap { $0 }
    guard !known.isEmpty, known.count == numbers.count else { return nil }
    self.text = text
    self.numbers = known
  }

  var description: String { text }
  static func == (a: Self, b: Self) -> Bool { !(a < b) && !(b < a) }
  static func < (a: Self, b: Self) -> Bool {
    let count = max(a.numbers.count, b.numbers.count)
    func padded(_ version: Self) -> [Int] { version.numbers + Array(repeating: 0, count: count - version.numbers.count) }
    return padded(a).lexicographicallyPrecedes(padded(b))
  }

  /// Whether it is one of those that `pinned` means: as far as that says.
  func isOne(of pinned: ServerVersion) -> Bool { numbers.starts(with: pinned.numbers) }
}

extension MeilisearchReference {
  /// Throws where the server runs another version than the plan pins, or one before 1.0, which this does not speak to.
  func check(running text: String) throws(StepFailure) {
    guard let running = ServerVersion(text), running >= ServerVersion("1.0") ?? running else {
      throw StepFailure("server-too-old", "`\(server)` is Meilisearch \(text), older than 1.0", helps: ["upgrade it: sie-dr speaks to Meilisearch 1.x"])
    }
    guard let version, let pinned = ServerVersion(version), !running.isOne(of: pinned) else { return }
    throw StepFailure(
      "version-differs", "`\(server)` is Meilisearch \(text), and the plan says that it runs \(version)",
      helps: ["run \(version) there, or write `version: \"\(text)\"` at the server when you know that all else goes with it"])
  }

  /// Throws where a dump is of a newer server than this one.
  func check(reads dump: String, running text: String) throws(StepFailure) {
    guard let running = ServerVersion(text), let made = ServerVersion(dump), made > running else { return }
    throw StepFailure(
      "server-too-old", "`\(server)` is Meilisearch \(text), which does not read a dump of the newer \(dump)", helps: ["run Meilisearch \(dump) or newer there"])
  }
}
