import TestSupport

/// The pages of `Fixtures`: prose, a plan with the problem, what lint says of it, the plan mended.
struct FixturePage {
  var rule: String
  var plan: String
  var findings: String
  var mended: String
  let path: String

  static let folder = Repository.root + "Tests/PlanLintingTests/Fixtures"

  static func all() throws -> [FixturePage] {
    try names(in: folder).filter { $0.hasSuffix(".md") }.map { name in
      let path = "\(folder)/\(name)"
      let blocks = try readFile(path).split(separator: "```", omittingEmptySubsequences: false)
      guard blocks.count == 7 else { throw Malformed(path: path) }
      func body(_ block: Substring) -> String { String(block.drop { $0 != "\n" }.dropFirst()) }
      return FixturePage(rule: String(name.dropLast(3)), plan: body(blocks[1]), findings: body(blocks[3]), mended: body(blocks[5]), path: path)
    }
  }

  /// Puts what lint says into the page.
  func rewrite(_ findings: String) throws {
    var blocks = try readFile(path).split(separator: "```", omittingEmptySubsequences: false).map(String.init)
    blocks[3] = "text\n" + findings
    try writeFile(path, blocks.joined(separator: "```"))
  }

  struct Malformed: Error { var path: String }
}
