internal import Diagnostics

extension SyntaxProblem {
  /// libyaml's words, as a person can use them.
  /// `openBracket` is where the innermost bracket that is still open stands.
  func diagnostic(in source: SourceText, openBracket: CompactMark?) -> Diagnostic {
    var problem = self
    problem.mark = source.clamped(mark)
    problem.contextMark = source.clamped(contextMark)
    if let openBracket, self.problem == "did not find expected node content", source.isAtEnd(problem.mark.sourceMark) {
      problem.contextMark = openBracket
      let isList = source.rest(from: openBracket.sourceMark).first == UInt8(ascii: "[")
      problem.context = isList ? "while parsing a flow sequence" : "while parsing a flow mapping"
    }
    return problem.diagnostic(in: source)
  }

  private func diagnostic(in source: SourceText) -> Diagnostic {
    let mark = mark.sourceMark
    let contextMark = contextMark.sourceMark
    if let tab = tab(in: source) { return tab }
    switch (context, problem) {
    case (_, "mapping values are not allowed in this context"):
      return unexpectedColon(in: source)
    case ("while scanning a simple key", "could not find expected ':'"):
      return missingColon(at: contextMark, in: source)
    case (_, "found unexpected end of stream"), (_, "found unexpected document indicator"):
      return Diagnostic(
        .unclosed, "a quote is opened and never closed", at: source.character(at: contextMark), label: "opened here",
        related: [.init(span: source.character(at: source.lastText(atMost: mark)), label: "still open here")],
        helps: ["close it with \(source.rest(from: contextMark).first == UInt8(ascii: "'") ? "'" : "\"") at the end of the text"])
    case ("while parsing a flow sequence", _): return unclosed("[", "]", in: source)
    case ("while parsing a flow mapping", _): return unclosed("{", "}", in: source)
    case ("while parsing a block mapping", _) where mark == contextMark && source.rest(from: mark).first == UInt8(ascii: ":"):
      return Diagnostic(.keyNotText, "a key is missing before the colon", at: source.character(at: mark), label: "no key")
    case ("while parsing a block mapping", _), ("while parsing a block collection", _), (_, "did not find expected <document start>"):
      return source.hasText(before: mark) ? textAfterValue(in: source) : indentation(in: source)
    case (_, "block sequence entries are not allowed in this context"):
      return Diagnostic(
        .syntax, "a list cannot start here", at: source.word(at: mark),
        helps: ["put the list on the lines below its key", "quote the text if it begins with `- `"])
    default:
      return other(in: source)
    }
  }

  /// A tab where libyaml wants indentation or the start of a value.
  private func tab(in source: SourceText) -> Diagnostic? {
    guard ["found character that cannot start any token", "found a tab character that violates indentation",
      "found a tab character where an indentation space is expected"].contains(problem)
    else { return nil }
    let mark = mark.sourceMark
    // For some of them the mark is the start of the scalar: the tab is in the white space that a line begins with.
    guard let (line, column) = source.firstTab(from: mark) else { return nil }
    let more = (line + 1..<source.lines.count + 1).count { !source.isBlank($0) && source.line($0).prefix { $0 <= 0x20 }.contains(0x09) }
    return Diagnostic(
      .tab, "a tab is used for indentation", at: source.character(at: SourceMark(line: line, column: column)), label: "a tab",
      notes: more == 0 ? [] : ["\(more) more \(more == 1 ? "line begins" : "lines begin") with a tab"],
      helps: ["use spaces: editors show tabs in different widths, so YAML does not allow them here"])
  }

  /// Either the colon belongs to text, or the key before it was taken as more text of the value above.
  private func unexpectedColon(in source: SourceText) -> Diagnostic {
    let mark = mark.sourceMark
    let line = source.line(mark.line)
    let before = line.prefix(line.count - source.rest(from: mark).count)
    let above = (1..<max(mark.line, 1)).last(where: { !source.isBlank($0) })
    guard before.firstIndex(of: UInt8(ascii: ":")) == nil, let above else {
      return Diagnostic(
        .unexpectedColon, "a second colon in one line", at: source.character(at: mark), label: "this would make what is before it a key",
        helps: ["quote the text if the colon belongs to it", "put a nested mapping on lines of its own, indented further than its key"])
    }
    let indentation = source.indentation(above)
    if indentation == source.indentation(mark.line) {
      return missingColon(at: SourceMark(line: above, column: indentation + 1), in: source)
    }
    return Diagnostic(
      .indentation, "this line is read as more text of the value above it, and then has a colon",
      at: source.phrase(at: SourceMark(line: mark.line, column: source.indentation(mark.line) + 1)),
      related: [.init(span: source.phrase(at: SourceMark(line: above, column: indentation + 1)), label: "this already has a value")],
      helps: ["indent it like the key it stands beside", "quote the text if it goes over several lines"])
  }

  private func missingColon(at mark: SourceMark, in source: SourceText) -> Diagnostic {
    let text = source.rest(from: mark)
    let tight = text.indices.dropFirst().contains { text[$0] == UInt8(ascii: ":") && $0 + 1 < text.endIndex && text[$0 + 1] > 0x20 }
    return Diagnostic(
      .missingColon, tight ? "a colon without a space after it" : "a key without a colon", at: source.phrase(at: mark),
      label: tight ? "" : "text alone, where `key: value` is expected",
      helps: [tight ? "write a space after the colon" : "write `key: value`; text that goes over several lines needs quotes or a `|`"])
  }

  private func indentation(in source: SourceText) -> Diagnostic {
    let mark = mark.sourceMark
    let contextMark = contextMark.sourceMark
    let isList = context == "while parsing a block collection"
    let around = context.isEmpty ? "what is before it" : isList ? "the list around it" : "the mapping around it"
    let start = "the \(isList ? "list" : "mapping") starts here, in column \(contextMark.column)"
    return Diagnostic(
      .indentation, "this line does not belong to \(around)", at: source.word(at: mark),
      label: context.isEmpty ? "the document has already ended" : isList ? "no `- ` entry" : "no key of that mapping",
      related: context.isEmpty ? [] : [.init(span: source.word(at: contextMark), label: start)],
      helps: [
        isList
          ? "begin every entry with `- ` in one column, or indent the line further than the entry it belongs to"
          : "indent all keys of one mapping alike",
        "check that quotes and brackets in the lines before are complete",
      ])
  }

  private func textAfterValue(in source: SourceText) -> Diagnostic {
    Diagnostic(
      .syntax, "text after the end of a value", at: source.phrase(at: mark.sourceMark), label: "the value has ended before this",
      helps: ["put the whole value in quotes, or take this away", "begin a comment with ` #`"])
  }

  private func unclosed(_ opening: String, _ closing: String, in source: SourceText) -> Diagnostic {
    let last = source.lastText(atMost: mark.sourceMark)
    let isAtEnd = last != mark.sourceMark
    if source.rest(from: last).hasPrefix("{var."), last.column > 1, source.line(last.line).dropFirst(last.column - 2).first == UInt8(ascii: "$") {
      return Diagnostic(
        .unclosed, "a reference to a variable inside `\(opening)\(closing)` has no quotes", at: source.word(at: SourceMark(line: last.line, column: last.column - 1)),
        label: "its braces are taken for YAML's own", helps: ["put the whole value in quotes: \"${var.NAME}\""])
    }
    return Diagnostic(
      .unclosed, "`\(opening)` is not closed", at: isAtEnd ? source.character(at: last) : source.word(at: last),
      label: isAtEnd ? "the file ends here" : "a `,` or `\(closing)` is expected before this",
      related: [.init(span: source.character(at: contextMark.sourceMark), label: "opened here")],
      helps: ["close it with `\(closing)`, or put a `,` between the entries", "quote the value if the bracket belongs to text"])
  }

  private func other(in source: SourceText) -> Diagnostic {
    let mark = mark.sourceMark
    let (summary, help): (String, String?) = switch problem {
    case "found character that cannot start any token":
      ("no value can begin with this character", "quote the text: % @ ` at its beginning have no meaning in YAML")
    case "did not find expected node content": ("a value is missing here", "write a value, or \"\" for empty text")
    case "mapping keys are not allowed in this context": ("a key cannot start here", "put it on a line of its own")
    case "found unknown escape character":
      ("an escape that YAML does not know, in double quotes", "use single quotes, where \\ has no meaning, or write \\\\ for one \\")
    case "did not find expected hexdecimal number", "found invalid Unicode character escape code":
      ("an escape that is no character", "write \\x and 2, \\u and 4 or \\U and 8 hexadecimal digits")
    case "did not find expected alphabetic or numeric character":
      ("an anchor or alias without a name", "quote the text if it begins with & or *")
    case "found undefined tag handle": ("a tag that is not declared", "remove the tag; quote the text if it begins with !")
    case "did not find expected comment or line break":
      ("only a comment may follow here", "put the text on the next line; a comment needs a space before its #")
    case "found unknown directive name", "could not find expected directive name":
      ("a line that begins with % is for YAML's own use", "remove the line, or quote the text")
    case "found an indentation indicator equal to 0": ("a block cannot be indented by 0", "write 1 to 9 after | or >, or nothing")
    default: ("this is not YAML: \(problem)", nil)
    }
    let isDirective = context == "while scanning a directive"
    let related = context.isEmpty || isDirective || contextMark.line == self.mark.line
      ? [] : [Diagnostic.Related(span: source.character(at: contextMark.sourceMark), label: "begun here")]
    return Diagnostic(
      .syntax, summary, at: isDirective ? source.phrase(at: contextMark.sourceMark) : source.character(at: mark), related: related,
      helps: help.map { [$0] } ?? [])
  }
}

extension SourceText {
  fileprivate func isBlank(_ number: Int) -> Bool {
    let text = line(number).drop { $0 <= 0x20 }
    return text.isEmpty || text.first == UInt8(ascii: "#")
  }

  fileprivate func indentation(_ number: Int) -> Int { line(number).prefix { $0 <= 0x20 }.count }

  fileprivate func hasText(before mark: SourceMark) -> Bool { indentation(mark.line) < mark.column - 1 }

  /// libyaml counts one line more than there are when the last one has no line feed.
  fileprivate func clamped(_ mark: CompactMark) -> CompactMark {
    guard mark.line > lines.count else { return mark }
    let end = endOfLine(lines.count)
    return CompactMark(line: UInt32(end.line), column: UInt32(end.column))
  }

  /// Whether nothing but white space and comments is behind a mark.
  fileprivate func isAtEnd(_ mark: SourceMark) -> Bool {
    rest(from: mark).allSatisfy { $0 <= 0x20 } && (mark.line >= lines.count || (mark.line + 1...lines.count).allSatisfy { isBlank($0) })
  }

  /// The mark itself, or just behind the last text of the file where the mark is beyond it.
  fileprivate func lastText(atMost mark: SourceMark) -> SourceMark {
    guard isAtEnd(mark) else { return mark }
    let last: Int = (1...max(1, min(mark.line, lines.count))).last(where: { !isBlank($0) }) ?? 1
    return endOfLine(last)
  }

  /// The tab that a scanner's error is about: at the mark itself, else the first one in the white space before a line's text.
  fileprivate func firstTab(from mark: SourceMark) -> (line: Int, column: Int)? {
    if rest(from: mark).first == 0x09 { return (mark.line, mark.column) }
    for number in mark.line..<min(lines.count + 1, mark.line + 1_000) {
      let leading = line(number).prefix { $0 == 0x20 || $0 == 0x09 }
      if let tab = leading.firstIndex(of: 0x09) { return (number, tab - leading.startIndex + 1) }
    }
    return nil
  }
}
