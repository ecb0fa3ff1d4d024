internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

extension StepChart {
  public func written(as format: GraphFormat, _ style: TextStyle) -> String {
    switch format {
    case .text: text(style)
    case .dot: dot
    case .mermaid: mermaid
    }
  }

  private func text(_ style: TextStyle) -> String {
    guard !nodes.isEmpty else { return "\(title): no steps\n" }
    var table = Table(("", .left), ("step", .left), ("kind", .left), ("starts", .right), ("ends", .right), ("takes", .right), ("after", .left))
    for node in nodes {
      let step = node.step.specification
      table.rows.append([
        node.isCritical ? "*" : "", node.name, step.kind.rawValue, node.isTaken ? "+" + node.entry.start.rounded : "", node.isTaken ? "+" + node.entry.end.rounded : "",
        node.entry.outcome == .givenUp ? "given up" : node.duration, step.afterText,
      ])
    }
    return style.paint(title, .bold) + ": \(nodes.count) step\(nodes.count == 1 ? "" : "s"), \(end.rounded)\n" + table.text(indent: "", style)
      + "* critical path: \(criticalPath.joined(separator: " → "))\n"
  }

  /// Names of steps are words of letters, digits and `-`, and kinds have a dot besides: nothing in them has to be escaped in quotes.
  private var dot: String {
    var lines = ["digraph steps {", "  label=\"\(title.replacing("`", with: "")), \(end.rounded)\"", "  rankdir=LR", "  node [shape=box]"]
    for node in nodes {
      let branch = node.step.specification.branch.map { "\\n" + $0.short } ?? ""
      lines.append("  \"\(node.name)\" [label=\"\(node.name)\\n\(node.step.specification.kind)\\n\(node.duration)\(branch)\"\(node.isCritical ? ", penwidth=3" : node.isTaken ? "" : ", style=dashed")]")
    }
    for edge in edges() {
      let look = [edge.isCritical ? "penwidth=3" : "", isElse(edge.from, edge.to) ? "style=dashed, label=else" : ""].filter { !$0.isEmpty }.joined(separator: ", ")
      lines.append("  \"\(nodes[edge.from].name)\" -> \"\(nodes[edge.to].name)\"\(look.isEmpty ? "" : " [\(look)]")")
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// By number: some names of steps, such as `end`, are words of Mermaid.
  private var mermaid: String {
    var lines = ["flowchart LR"]
    for (index, node) in nodes.enumerated() {
      lines.append("  s\(index)[\"\(node.name)<br>\(node.step.specification.kind)<br>\(node.duration)\(node.step.specification.branch.map { "<br>" + $0.short } ?? "")\"]")
    }
    for edge in edges() { lines.append("  s\(edge.from) \(isElse(edge.from, edge.to) ? "-. else .->" : edge.isCritical ? "==>" : "-->") s\(edge.to)") }
    let critical = nodes.indices.filter { nodes[$0].isCritical }.map { "s\($0)" }
    if !critical.isEmpty { lines += ["  classDef critical stroke-width:4px", "  class \(critical.joined(separator: ",")) critical"] }
    return lines.joined(separator: "\n") + "\n"
  }
}
