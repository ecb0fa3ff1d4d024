import Glibc

/// The pages of `Fixtures`: prose, a plan with the problem, what lint says of it, the plan mended.
struct FixturePage {
  var rule: String
  var plan: String
  var findings: String
  var mended: String
  let path: String

  static let folder = String(#filePath.dropLast("FixturePages.swift".count)) + "Fixtures"
  static let root = String(#filePath.dropLast("Tests/PlanLintingTests/FixturePages.swift".count))

  static func all() throws -> [FixturePage] {
    try names(in: folder).filter { $0.hasSuffix(".md") }.map { name in
      let path = "\(folder)/\(name)"
      let blocks = try read(path).split(separator: "```", omittingEmptySubsequences: false)
      guard blocks.count == 7 else { throw Malformed(path: path) }
      func body(_ block: Substring) -> String { String(block.drop { $0 != "\n" }.dropFirst()) }
      return FixturePage(rule: String(name.dropLast(3)), plan: body(blocks[1]), findings: body(blocks[3]), mended: body(blocks[5]), path: path)
    }
  }

  /// Puts what lint says into the page.
  func rewrite(_ findings: String) throws {
    var blocks = try Self.read(path).split(separator: "```", omittingEmptySubsequences: false).map(String.init)
    blocks[3] = "text\n" + findings
    guard let file = fopen(path, "w") else { throw Malformed(path: path) }
    defer { fclose(file) }
    fputs(blocks.joined(separator: "```"), file)
  }

  struct Malformed: Error { var path: String }

  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } })
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Malformed(path: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
