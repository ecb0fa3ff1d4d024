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
    var calls: [ShellCall] = []
    document.root.map { ShellCall.find(in: $0, &calls) }
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
  static func all(in node: YAMLNode) -> [ShellText] {
    var calls: [ShellCall] = []
    ShellCall.find(in: node, &calls)
    return calls.map(\.read)
  }
}

/// `[sh, -c, TEXT]` as it stands in the plan.
private struct ShellCall {
  var shell: String
  var options: [String]
  var text: String
  var node: YAMLNode
  var read: ShellText { ShellText(text, shellOptions: options) }

  static func find(in node: YAMLNode, _ found: inout [ShellCall]) {
    if let call = ShellCall(node) { found.append(call) } else { node.forEachChild { find(in: $1, &found) } }
  }

  private init?(_ node: YAMLNode) {
    // All shells end in `sh`, and most lists of a plan are none.
    guard let count = node.elementCount, count > 2, node.element(0).bytes?.last == UInt8(ascii: "h"), let elements = node.elements,
      let program = elements[0].scalar?.text, let shell = program.split(separator: "/").last.map(String.init), ["sh", "bash", "dash", "ash", "ksh", "zsh"].contains(shell)
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
