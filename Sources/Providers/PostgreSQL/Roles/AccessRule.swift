/// A line of `pg_hba.conf`, as `pg_hba_file_rules` shows it.
struct AccessRule: Hashable, Sendable {
  var type: String
  var databases: [String]
  var users: [String]
  var address: String?
  var netmask: String?
  var method: String
  var options: [String]

  /// What is left of some rules behind a fence, in their order: physical replication as it was; and `user` into the database `door`, by the rules
  /// that let it into `database` before, so that it proves itself as ever. "all" does not mean replication.
  static func behindFence(_ rules: [AccessRule], user: String, database: String, door: String) -> [String] {
    rules.flatMap { rule -> [String] in
      var lines: [String] = []
      let isForUser = rule.users.contains { $0 == "all" || $0 == user || $0.hasPrefix("+") || $0.hasPrefix("/") }
      let isForDatabase = rule.databases.contains {
        $0 == "all" || $0 == database || $0 == door || ($0 == "sameuser" && user == database)
      }
      if isForUser, isForDatabase {
        let groups = rule.users.filter { $0.hasPrefix("+") || $0.hasPrefix("/") }
        let named = rule.users.contains { $0 == "all" || $0 == user } ? [quoted(user)] : groups
        lines.append(rule.line(database: door, users: named))
      }
      if rule.databases.contains("replication") { lines.append(rule.line(database: "replication", users: rule.users.map(word))) }
      return lines
    }
  }

  /// Whether it lets somebody in.
  var admits: Bool { method != "reject" }

  private func line(database: String, users: [String]) -> String {
    ([type, database, users.joined(separator: ",")] + [address, netmask].compactMap { $0 } + [method] + options.map(Self.option)).joined(separator: " ")
  }

  /// Keywords and groups lose their meaning in quotes.
  private static func word(_ text: String) -> String {
    if text.hasPrefix("+") { return "+" + quoted(String(text.dropFirst())) }
    return ["all"].contains(text) || text.hasPrefix("/") ? text : quoted(text)
  }

  private static func option(_ text: String) -> String { text.contains { " ,#\t".contains($0) } ? quoted(text) : text }
  private static func quoted(_ text: String) -> String { "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }
}
