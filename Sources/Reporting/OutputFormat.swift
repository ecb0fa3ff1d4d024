public import ChangePlanning

/// How a result is written. The switches below are exhaustive: a new format does not compile until every report has it.
public enum OutputFormat: String, Sendable, CaseIterable {
  case text, json, markdown
}

/// How text for a terminal is written.
public struct TextStyle: Sendable {
  public var color: Bool
  public var width: Int
  public init(color: Bool = false, width: Int = 120) { self.color = color; self.width = width }

  enum Paint: String { case bold = "1", red = "31", green = "32", yellow = "33", blue = "34", dim = "2" }
  func paint(_ text: String, _ paint: Paint) -> String { color ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text }
}

/// What `plan` says of a changeset.
public func planReport(_ changeset: Changeset, as format: OutputFormat, _ style: TextStyle) throws -> String {
  switch format {
  case .text: planText(changeset, style)
  case .json: try planJSON(changeset)
  case .markdown: planMarkdown(changeset)
  }
}
