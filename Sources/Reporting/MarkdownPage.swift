/// Markdown for a pull request, which takes 65,536 characters and refuses more: what comes first stays, and what is cut is said.
struct MarkdownPage {
  static let mostCharacters = 65_536
  /// For the words about what is cut.
  private static let reserve = 400

  /// Something that is shown whole, or as many of its items as there is room for.
  struct Section {
    var opening: String
    var items: [String] = []
    var closing = ""
    /// What an item is: `finding`.
    var noun = ""
  }

  /// The last one is always shown.
  static func text(_ sections: [Section], restIn command: String) -> String {
    let end = sections.last.map { $0.opening + $0.items.joined() + $0.closing } ?? ""
    var room = mostCharacters - reserve - length(end)
    var text = ""
    var cut: [(noun: String, count: Int)] = []
    for section in sections.dropLast() {
      var left = section.items[...]
      let frame = length(section.opening) + length(section.closing)
      if frame <= room {
        room -= frame
        text += section.opening
        while let item = left.first, length(item) <= room {
          room -= length(item)
          text += item
          left = left.dropFirst()
        }
        text += section.closing
      }
      guard !left.isEmpty else { continue }
      if let known = cut.firstIndex(where: { $0.noun == section.noun }) { cut[known].count += left.count } else { cut.append((section.noun, left.count)) }
    }
    guard !cut.isEmpty else { return text + end }
    let missing = cut.map { "\($0.count) \($0.noun)\($0.count == 1 ? "" : "s")" }.joined(separator: " and ")
    return text + "\n> [!NOTE]\n> Not shown, because a comment holds \(mostCharacters) characters: \(missing). `\(command)` shows everything.\n" + end
  }

  private static func length(_ text: String) -> Int { text.unicodeScalars.count }
}
