internal import ArgumentParser
internal import Diagnostics
internal import PlanModel
internal import Reporting
internal import YAMLReading

struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render", abstract: "Print a plan as one flat file: overlays laid over it, variables with their values.",
    discussion: """
      What every other command works with. The text is YAML in one fixed form, without comments; linted, it has the same figures. Relative paths in it count \
      from the plan's own folder. `--sources` ends each line with the place where its value was written, and where its variables have theirs.
      """)

  @Argument(help: "The plan file; `-` for standard input.")
  var plan: String
  @OptionGroup var composition: CompositionOptions
  @Flag(help: "Say of each line where it was written.")
  var sources = false
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      let made = try composition.read(console)
      let file = SourceFile(path: plan == "-" ? "<stdin>" : plan, bytes: try Files.read(plan))
      let (document, findings) = readYAML(file)
      let composed = compose(document, made.composition)
      let problems = (findings + composed.diagnostics).sorted()
      if !problems.isEmpty {
        let renderer = DiagnosticRenderer(sources: [file] + made.sources, options: .init(color: console.style.color, width: console.style.width))
        console.writeError(renderer.render(problems) + "\n")
      }
      guard let root = composed.document.root, !problems.contains(where: { $0.severity == .error }) else {
        throw CommandFailure("plan-has-errors", "\(file.path) cannot be rendered: \(summaryLine(problems))", helps: ["mend what is shown above, then run it again"])
      }
      console.write(root.text { sources ? composed.sources(of: $0.span) : nil })
      return .done
    }
  }
}

extension ComposedPlan {
  /// `plans/sie.yaml:12`, and where the values of its variables stand.
  fileprivate func sources(of span: SourceSpan) -> String {
    func line(_ span: SourceSpan) -> String { "\(span.path):\(span.start.line)" }
    let variables = (uses[span]?.names ?? []).compactMap { name in values[name].map { "var.\(name) \(line($0))" } }
    return line(span) + (variables.isEmpty ? "" : ", " + variables.joined(separator: ", "))
  }
}
