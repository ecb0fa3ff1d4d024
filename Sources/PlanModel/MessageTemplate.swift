/// A text with places that are filled in when it is sent: `{elapsed}`. What stands in braces and is no such word stays as it is written; reading a plan refuses it.
public enum MessageTemplate {
  public enum Word: String, CaseIterable, Sendable {
    /// What has happened, in a sentence.
    case news
    /// The time of day, since the run began, until it is predicted to end, and when that is.
    case time, elapsed, remaining, end
    /// Names: not for everybody.
    case plan, scenario, run
    /// `3 of 8 steps are done`, and the names of those at work.
    case steps, running

    /// Whether it may reach people outside: it says no name of anything.
    public var isPublic: Bool {
      switch self {
      case .news, .time, .elapsed, .remaining, .end: true
      case .plan, .scenario, .run, .steps, .running: false
      }
    }
  }

  /// The words in braces, in their order, whether they are known or not.
  public static func words(in text: String) -> [String] {
    pieces(of: text).compactMap { if case .word(let word) = $0 { word } else { nil } }
  }

  public static func filled(_ text: String, _ value: (Word) -> String) -> String {
    pieces(of: text).map { piece in
      switch piece {
      case .text(let text): text
      case .word(let word): Word(rawValue: word).map(value) ?? "{\(word)}"
      }
    }.joined()
  }

  private enum Piece { case text(String), word(String) }

  private static func pieces(of text: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      pieces.append(.text(String(rest[..<open])))
      let word = rest[rest.index(after: open)...].prefix { $0.isASCII && ($0.isLetter || $0 == "-" || $0 == "_") }
      if !word.isEmpty, word.endIndex < rest.endIndex, rest[word.endIndex] == "}" {
        pieces.append(.word(String(word)))
        rest = rest[rest.index(after: word.endIndex)...]
      } else {
        pieces.append(.text("{"))
        rest = rest[rest.index(after: open)...]
      }
    }
    return pieces + [.text(String(rest))]
  }
}
