internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Scheduling
internal import Units
internal import YAMLReading

/// One step of a procedure: what it does, how long, how it is undone, and who is asked.
struct RunbookStep {
  private let typed: TypedStep
  private let kinds: StepKinds

  init(_ typed: TypedStep, _ kinds: StepKinds) { self.typed = typed; self.kinds = kinds }

  /// - Parameter node: its place in the schedule; nil where it has none.
  func text(number: Int, _ node: StepChart.Node?) -> String {
    let step = typed.specification
    let indent = String(repeating: " ", count: "\(number). ".count)
    var lines = step.question.map { [["**Ask whoever runs it:** \(Markdown.line($0)) Go on only with a yes; without a terminal the run pauses, and `sie-dr resume RUN --confirm \(step.name)` answers."]] }
      ?? [[kinds[step.kind]?.summary ?? ""]] + fields(of: typed.step?.fields, step.kind)
    if let place = step.branch { lines.append([place.sentence]) }
    if let node {
      let needs = step.needs.isEmpty ? "" : ", after " + step.needs.map { "`\($0)`" }.joined(separator: ", ")
      let critical = node.isCritical ? "; on the critical path" : ""
      lines.append([!node.isTaken ? "Takes \(node.duration) if it is done." : "Starts at +\(node.entry.start.rounded)\(needs); takes \(node.duration)\(critical)."])
    }
    if let uses = step.uses { lines.append(["While it is at work it takes " + uses.map(\.description).joined(separator: " and ") + "."]) }
    if let approval = typed.specification.approval { lines.append(["Waits, before it acts, for the approval of \(Markdown.line(approval.text))."]) }
    lines.append([limits])
    if let undo, node != nil { lines.append([undo]) }
    if let policy = typed.step?.onFailure { lines.append(["If it fails: \(policy.rawValue)."]) }
    return "\(number). **\(step.name)** (`\(step.kind)`)\n"
      + lines.map { line in indent + "- " + line.joined(separator: "\n\(indent)  ") + "\n" }.joined()
  }

  private var limits: String {
    let retries = typed.specification.retries
    return "Given up after \(typed.specification.timeout.rounded)" + (retries > 0 ? ", tried again up to \(retries) time\(retries == 1 ? "" : "s")" : "") + "."
  }

  /// Nil where there is nothing to undo.
  private var undo: String? {
    let step = typed.specification
    switch step.undo {
    case .nothingToUndo: return nil
    case .step(let undo):
      guard case .step(let written)? = typed.step?.undo else { return "Undone by a `\(undo.kind)` step." }
      let what = fields(of: written.fields, undo.kind).map { $0.joined(separator: " ") }.joined(separator: ", ")
      return "Undone by `\(undo.kind)`: \(what)."
    case .byKind, .irreversible, .unknown: return "Undo: \(Markdown.line(step.undoText))."
    }
  }

  /// The fields as the author wrote them. An argument list is a line for a shell; a text of several lines keeps them.
  private func fields(of node: YAMLNode?, _ kind: StepKindName) -> [[String]] {
    (node?.members ?? []).map { member in
      let isCommand = kinds[kind]?.fields.contains { field in
        if case .argumentList = field.shape { field.name == member.key } else { false }
      } ?? false
      if isCommand, let words = member.value.elements?.map({ $0.scalar?.text ?? "" }) { return texts(member.key, words.map(Self.word).joined(separator: " ")) }
      if let text = member.value.scalar?.text, text.contains(where: \.isNewline) { return texts(member.key, text) }
      return ["\(member.key): " + Markdown.code(Self.flow(member.value, isInner: false))]
    }
  }

  private func texts(_ key: String, _ text: String) -> [String] {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    guard lines.count > 1 else { return ["\(key): " + Markdown.code(text)] }
    let fence = text.contains("```") ? "~~~~" : "```"
    return ["\(key):", fence] + (lines.last == "" ? lines.dropLast() : lines) + [fence]
  }

  /// Of a command, in quotes only where a shell would read something else.
  private static func word(_ text: String) -> String {
    let body = String(text.drop { $0 == "-" })
    return Shell.word(body) == body ? text : Shell.quote(text)
  }

  /// On one line, as in a plan.
  private static func flow(_ node: YAMLNode, isInner: Bool) -> String {
    switch node.content {
    case .scalar(let scalar): isInner && !scalar.isPlain ? "\"\(scalar.text.replacing("\n", with: "\\n"))\"" : scalar.text
    case .sequence(let elements): "[" + elements.map { flow($0, isInner: true) }.joined(separator: ", ") + "]"
    case .mapping(let members): "{ " + members.map { "\($0.key): \(flow($0.value, isInner: true))" }.joined(separator: ", ") + " }"
    }
  }
}
