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
        node.isCritical ? "*" : "", node.name, step.kind.rawValue, "+" + node.entry.start.rounded, "+" + node.entry.end.rounded, node.duration,
        step.needs.map(\.rawValue).joined(separator: ", "),
      ])
    }
    return style.paint(title, .bold) + ": \(nodes.count) step\(nodes.count == 1 ? "" : "s"), \(end.rounded)\n" + table.text(indent: "", style)
      + "* critical path: \(criticalPath.joined(separator: " → "))\n"
  }

  /// Names of steps are words of letters, digits and `-`, and kinds have a dot besides: nothing in them has to be escaped in quotes.
  private var dot: String {
    var lines = ["digraph steps {", "  label=\"\(title.replacing("`", with: "")), \(end.rounded)\"", "  rankdir=LR", "  node [shape=box]"]
    for node in nodes {
      lines.append("  \"\(node.name)\" [label=\"\(node.name)\\n\(node.step.specification.kind)\\n\(node.duration)\"\(node.isCritical ? ", penwidth=3" : "")]")
    }
    for edge in edges() { lines.append("  \"\(nodes[edge.from].name)\" -> \"\(nodes[edge.to].name)\"\(edge.isCritical ? " [penwidth=3]" : "")") }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// By number: some names of steps, such as `end`, are words of Mermaid.
  private var mermaid: String {
    var lines = ["flowchart LR"]
    for (index, node) in nodes.enumerated() {
      lines.append("  s\(index)[\"\(node.name)<br>\(node.step.specification.kind)<br>\(node.duration)\"]")
    }
    for edge in edges() { lines.append("  s\(edge.from) \(edge.isCritical ? "==>" : "-->") s\(edge.to)") }
    let critical = nodes.indices.filter { nodes[$0].isCritical }.map { "s\($0)" }
    if !critical.isEmpty { lines += ["  classDef critical stroke-width:4px", "  class \(critical.joined(separator: ",")) critical"] }
    return lines.joined(separator: "\n") + "\n"
  }
}
