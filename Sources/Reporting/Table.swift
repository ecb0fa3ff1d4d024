/// Rows of cells in columns as wide as their widest cell.
struct Table {
  enum Side { case left, right }
  var header: [String]
  var sides: [Side]
  var rows: [[String]] = []

  init(_ columns: (String, Side)...) { header = columns.map(\.0); sides = columns.map(\.1) }

  /// For a terminal: two spaces between columns, the header underlined by nothing but its place.
  func text(indent: String = "  ", _ style: TextStyle = TextStyle()) -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { column in
        // Nothing stands to the right of the last one, and its widest cell can be very wide.
        if column == cells.count - 1, sides[column] == .left { return cells[column] }
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return sides[column] == .left ? cells[column] + space : space + cells[column]
      }
      return indent + padded.joined(separator: "  ").trimmingEnd()
    }
    return ([style.paint(line(header), .dim)] + rows.map(line)).joined(separator: "\n") + "\n"
  }

  /// In Markdown.
  func markdown() -> String {
    let section = section(noun: "")
    return section.opening + section.items.joined()
  }

  /// For a pull request: a row can be cut.
  func section(opening: String = "", closing: String = "", noun: String) -> MarkdownPage.Section {
    func line(_ cells: [String]) -> String { "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n" }
    let rule = line(sides.map { $0 == .left ? "---" : "---:" })
    return .init(opening: opening + line(header) + rule, items: rows.map(line), closing: closing, noun: noun)
  }
}

extension String {
  func trimmingEnd() -> String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
