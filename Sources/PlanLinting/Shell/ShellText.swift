/// What a text for a shell does, as far as rules have to know: its pipelines in order, with the words of each command. Quotes are taken away,
/// `$NAME` and `$(…)` stay as they are written; here-documents are passed over.
struct ShellText {
  /// Commands joined by `|`.
  struct Pipeline {
    var commands: [Command] = []
    /// As written, for finding it in the plan.
    var text = ""
    /// Whether somebody looks at its exit status: `&&`, `||` or a condition.
    var isChecked = false
  }

  struct Command {
    var words: [Word] = []
    /// Where its output goes, of `> FILE` and `>> FILE`.
    var outputs: [Word] = []
    var program: String { words.first.map { String($0.text.split(separator: "/").last ?? "") } ?? "" }
    var arguments: [String] { words.dropFirst().map(\.text) }
  }

  struct Word {
    var text = ""
    /// The variables that the shell puts in here: not those in single quotes.
    var variables: [String] = []
  }

  var pipelines: [Pipeline]
  /// `set -e`, or the shell's own option.
  var stopsAtErrors: Bool
  /// `set -o pipefail`, or the shell's own option.
  var looksAtWholePipes: Bool

  init(_ text: String, shellOptions: [String]) {
    var reader = ShellReader(text)
    pipelines = reader.pipelines()
    let sets = pipelines.flatMap(\.commands).filter { $0.program == "set" }.map(\.arguments) + [shellOptions]
    stopsAtErrors = sets.contains { options in options.contains { $0.isShortOption(with: "e") || $0 == "errexit" } }
    looksAtWholePipes = sets.contains { $0.contains("pipefail") }
  }

  var commands: [Command] { pipelines.flatMap(\.commands) }
}

extension String {
  /// `-e`, `-eu`, `-euo`.
  fileprivate func isShortOption(with letter: Character) -> Bool { hasPrefix("-") && !hasPrefix("--") && contains(letter) }
}

/// Reads a shell's words and operators; what it does not know it takes as words. Every character is looked at a bounded number of times.
private struct ShellReader {
  private let text: [Character]
  private var at = 0
  private var waitingFor: [String] = []

  init(_ text: String) { self.text = Array(text) }

  private static let opening: Set<String> = ["if", "elif", "while", "until"]
  private static let reserved: Set<String> = ["then", "else", "do", "!", "{", "}", "time", "fi", "done"]

  mutating func pipelines() -> [ShellText.Pipeline] {
    var found: [ShellText.Pipeline] = []
    var pipeline = ShellText.Pipeline()
    var command = ShellText.Command()
    var start = 0
    func trimmed(_ part: ArraySlice<Character>) -> String {
      String(part.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
    func endCommand() {
      if !command.words.isEmpty || !command.outputs.isEmpty { pipeline.commands.append(command) }
      command = ShellText.Command()
    }
    func endPipeline(at end: Int, isChecked: Bool, next: Int) {
      endCommand()
      pipeline.text = trimmed(text[start..<end])
      pipeline.isChecked = pipeline.isChecked || isChecked
      if !pipeline.commands.isEmpty { found.append(pipeline) }
      pipeline = ShellText.Pipeline()
      start = next
    }
    while at < text.count {
      let begin = at
      switch text[at] {
      case "\\" where at + 1 < text.count && text[at + 1] == "\n": at += 2
      case " ", "\t", "\r": at += 1
      case "#": while at < text.count, text[at] != "\n" { at += 1 }
      case "\n":
        at += 1
        endPipeline(at: begin, isChecked: false, next: at)
        passHereDocuments()
        start = at
      case ";", "(", ")":
        at += 1
        endPipeline(at: begin, isChecked: false, next: at)
      case "&":
        let isAnd = at + 1 < text.count && text[at + 1] == "&"
        at += isAnd ? 2 : 1
        endPipeline(at: begin, isChecked: isAnd, next: at)
      case "|":
        let isOr = at + 1 < text.count && text[at + 1] == "|"
        at += isOr || (at + 1 < text.count && text[at + 1] == "&") ? 2 : 1
        if isOr { endPipeline(at: begin, isChecked: true, next: at) } else { endCommand() }
      case ">", "<": redirection(into: &command)
      default:
        let word = word()
        let isDescriptor = at < text.count && (text[at] == ">" || text[at] == "<") && word.text.allSatisfy(\.isNumber)
        if isDescriptor {
          continue
        } else if command.words.isEmpty, Self.opening.contains(word.text) {
          pipeline.isChecked = true
          start = at
        } else if command.words.isEmpty, Self.reserved.contains(word.text) {
          start = pipeline.commands.isEmpty ? at : start
        } else if !isAssignment(word.text) || !command.words.isEmpty {
          command.words.append(word)
        }
      }
    }
    endPipeline(at: text.count, isChecked: false, next: text.count)
    return found
  }

  private func isAssignment(_ word: String) -> Bool {
    guard let equals = word.firstIndex(of: "="), equals != word.startIndex else { return false }
    return word[..<equals].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } && word.first?.isNumber == false
  }

  /// `> FILE`, `>> FILE`, `< FILE`, `>&2`, `<<END`.
  private mutating func redirection(into command: inout ShellText.Command) {
    let isOutput = text[at] == ">"
    let begin = at
    while at < text.count, text[at] == ">" || text[at] == "<" { at += 1 }
    let isHereDocument = !isOutput && at - begin == 2
    if isHereDocument, at < text.count, text[at] == "-" { at += 1 }
    if at < text.count, text[at] == "&" {
      at += 1
      _ = word()
      return
    }
    while at < text.count, text[at] == " " || text[at] == "\t" { at += 1 }
    let target = word()
    if isHereDocument { waitingFor.append(target.text) } else if isOutput { command.outputs.append(target) }
  }

  private mutating func passHereDocuments() {
    for end in waitingFor {
      while at < text.count {
        let line = text[at...].prefix { $0 != "\n" }
        at = min(text.count, line.endIndex + 1)
        if String(line).drop(while: { $0 == "\t" }) == end { break }
      }
    }
    waitingFor = []
  }

  private mutating func word() -> ShellText.Word {
    var word = ShellText.Word()
    var quote: Character?
    while at < text.count {
      let character = text[at]
      switch (quote, character) {
      case ("'", "'"), ("\"", "\""): quote = nil; at += 1
      case ("'", _): word.text.append(character); at += 1
      case (nil, "'"), (nil, "\""): quote = character; at += 1
      case (_, "\\") where at + 1 < text.count:
        if text[at + 1] != "\n" { word.text.append(text[at + 1]) }
        at += 2
      case (_, "$"): expansion(into: &word)
      case (_, "`"):
        word.text.append(contentsOf: text[at...].prefix(1)); at += 1
        while at < text.count, text[at] != "`" { word.text.append(text[at]); at += 1 }
        if at < text.count { word.text.append("`"); at += 1 }
      case ("\"", _): word.text.append(character); at += 1
      case (_, " "), (_, "\t"), (_, "\r"), (_, "\n"), (_, ";"), (_, "&"), (_, "|"), (_, "("), (_, ")"), (_, "<"), (_, ">"): return word
      default: word.text.append(character); at += 1
      }
    }
    return word
  }

  /// `$NAME`, `${NAME…}`, `$(…)`: kept as written.
  private mutating func expansion(into word: inout ShellText.Word) {
    let begin = at
    at += 1
    guard at < text.count else { word.text.append("$"); return }
    if text[at] == "(" || text[at] == "{" {
      let (open, close): (Character, Character) = text[at] == "(" ? ("(", ")") : ("{", "}")
      var depth = 0
      while at < text.count {
        if text[at] == open { depth += 1 }
        if text[at] == close { depth -= 1 }
        at += 1
        if depth == 0 { break }
      }
      if open == "{" { word.variables.append(String(text[(begin + 2)..<at].prefix { $0.isLetter || $0.isNumber || $0 == "_" })) }
    } else {
      while at < text.count, text[at].isLetter || text[at].isNumber || text[at] == "_" { at += 1 }
      word.variables.append(String(text[(begin + 1)..<at]))
    }
    word.text.append(contentsOf: text[begin..<at])
  }
}
