/// The sections of `~/.aws/credentials` or `~/.aws/config` (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
struct ProfileFile {
  private(set) var profiles: [String: [String: String]] = [:]

  /// Lines that are no section, setting or comment are read over, and so are nested settings, as the AWS tools do.
  init(_ text: String, isConfig: Bool) {
    var section: String?
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.trimmingSpace
      if words.hasPrefix("#") || words.hasPrefix(";") { continue }
      if words.hasPrefix("["), let end = words.firstIndex(of: "]") {
        section = Self.name(words[words.index(after: words.startIndex)..<end], isConfig)
      } else if let section, line.first?.isWhitespace == false, let equals = words.firstIndex(of: "=") {
        let value = words[words.index(after: equals)...].trimmingSpace
        profiles[section, default: [:]][words[..<equals].trimmingSpace.lowercased()] = String(value)
      }
    }
  }

  /// In the config file sections are called `profile NAME`, but for `default`; others belong to other things.
  private static func name(_ section: Substring, _ isConfig: Bool) -> String? {
    let words = section.split(whereSeparator: \.isWhitespace)
    if isConfig, words.count == 2, words[0] == "profile" { return String(words[1]) }
    guard words.count == 1, !isConfig || words[0] == "default" else { return nil }
    return String(words[0])
  }
}
