internal import ArgumentParser
internal import Reporting

struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Draw the steps of protection or of a scenario, with needs, durations and the critical path.",
    discussion: """
      Reads the plan file and nothing else. `dot` is for Graphviz (`sie-dr graph PLAN --format dot | dot -Tsvg`), `mermaid` for Markdown pages. A step \
      without an estimate counts with its time-out and all its retries, and is shown as `up to`.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @Option(help: "The steps of this scenario. Without it: those of protection.")
  var scenario: String?
  @Option(help: "In this mode of the scenario; as `--scenario NAME/MODE`.")
  var mode: String?
  @Option(help: "How to write the graph: text, dot or mermaid.", transform: GraphFormat.named)
  var format: GraphFormat = .text
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      let loaded = try LoadedPlan.load(plan, composition, console)
      let purpose = try loaded.purpose(scenario, mode: mode)
      console.write(try stepChart(loaded.typed, purpose).written(as: format, console.style))
      return .done
    }
  }
}

extension GraphFormat {
  static func named(_ name: String) throws -> GraphFormat {
    guard let format = GraphFormat(rawValue: name) else {
      throw ValidationError("unknown format '\(name)'; known are \(GraphFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return format
  }
}
