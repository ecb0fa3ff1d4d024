internal import Diagnostics
internal import YAMLReading

/// A text for a shell that a step runs: `[sh, -c, TEXT]`, as `run`, `observe` or `undo`.
struct ShellScript {
  let text: ShellText
  /// `sh`, `bash`.
  let shell: String
  /// So many findings of one rule in one text are enough to see what is the matter.
  static let findings = 10
  let node: YAMLNode
  private let lines: [Substring]

  /// Every one of a plan, in its order.
  static func all(in document: YAMLDocument) -> [ShellScript] {
    let calls = document.root.map(ShellCall.all) ?? []
    guard !calls.isEmpty else { return [] }
    let lines = String(decoding: document.file.bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    return calls.map { ShellScript(text: $0.read, shell: $0.shell, node: $0.node, lines: lines) }
  }

  /// Where a part of the text stands in the plan: its own line where that can be found, else the whole text.
  func span(of part: String) -> SourceSpan {
    let (whole, wanted) = (node.span, part.split(separator: "\n").first.map(String.init) ?? part)
    for number in whole.start.line...max(whole.start.line, whole.end.line) where number <= lines.count {
      guard let range = lines[number - 1].firstRange(of: wanted) else { continue }
      let column = lines[number - 1][..<range.lowerBound].unicodeScalars.count + 1
      let start = SourceMark(line: number, column: column)
      guard start.line > whole.start.line || column >= whole.start.column else { continue }
      return SourceSpan(path: whole.path, start: start, end: SourceMark(line: number, column: column + wanted.unicodeScalars.count))
    }
    return whole
  }
}

extension ShellText {
  /// Those of the commands below a node.
  static func all(in node: YAMLNode) -> [ShellText] { ShellCall.all(in: node).map(\.read) }
}

/// `[sh, -c, TEXT]` as it stands in the plan.
private struct ShellCall {
  var shell: String
  var options: [String]
  var text: String
  var node: YAMLNode
  var read: ShellText { ShellText(text, shellOptions: options) }

  static func all(in node: YAMLNode) -> [ShellCall] {
    if let call = ShellCall(node) { return [call] }
    return switch node.content {
    case .scalar: []
    case .sequence(let elements): elements.flatMap(all)
    case .mapping(let members): members.flatMap { all(in: $0.value) }
    }
  }

  private init?(_ node: YAMLNode) {
    // All shells end in `sh`, and most lists of a plan are none.
    guard let elements = node.elements, elements.count > 2, let program = elements[0].scalar?.text, program.utf8.last == UInt8(ascii: "h"),
      let shell = program.split(separator: "/").last.map(String.init), ["sh", "bash", "dash", "ash", "ksh", "zsh"].contains(shell)
    else { return nil }
    let words = elements.map { $0.scalar?.text ?? "" }
    // `-c`, `-ec`, `-euo pipefail -c`.
    guard let option = words.firstIndex(where: { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.hasSuffix("c") }), option + 1 < words.count else { return nil }
    self.shell = shell
    options = Array(words[1...option])
    text = words[option + 1]
    self.node = elements[option + 1]
  }
}
