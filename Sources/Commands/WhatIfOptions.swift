internal import ArgumentParser
internal import Diagnostics
internal import Objectives
internal import Reporting
internal import YAMLReading

/// What if a value of the plan were another one?
struct WhatIfOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compute with another value, `data.NAME.estimate.size=500GB` or `scenarios.NAME.loses.sites=[a, b]`; again for further ones. For one plan.", valueName: "address=value"))
  var set: [String] = []
  @Option(help: ArgumentHelp("Compute with so many steps at once.", valueName: "n"))
  var parallelism = defaultParallelism

  /// The options, understood.
  struct Read {
    var overrides: [YAMLOverride] = []
    var options: [SourceFile] = []
    var width: Int
  }

  func validate() throws {
    if set.count > 64 { throw ValidationError("at most 64 values can be replaced") }
    guard (1...256).contains(parallelism) else { throw ValidationError("'--parallelism' is a number from 1 to 256") }
  }

  func read(_ console: Console, plans: [String]) throws(CommandFailure) -> Read {
    guard set.isEmpty || plans.count == 1 else {
      throw CommandFailure("wrong-usage", "`--set` is for one plan, and there are \(plans.count)", status: .usage, helps: ["name one plan file"])
    }
    var read = Read(width: parallelism)
    for (index, text) in set.enumerated() {
      let option = SourceFile(path: "--set #\(index + 1)", bytes: Array(text.utf8))
      guard let (found, findings) = readOverride(option) else {
        throw CommandFailure(
          "wrong-usage", "`--set \(text)` is no address with a value", status: .usage, helps: ["write `--set data.NAME.estimate.size=500GB`: keys with dots between them, then the value as YAML on one line"])
      }
      guard let override = found, !findings.contains(where: { $0.severity == .error }) else {
        console.writeError(DiagnosticRenderer(sources: [option], options: .init(color: console.style.color, width: console.style.width)).render(findings) + "\n")
        throw CommandFailure("wrong-usage", "the value of `--set \(text)` cannot be read", status: .usage, helps: ["write the value as in the plan; quote it for your shell"])
      }
      read.overrides.append(override)
      read.options.append(option)
    }
    return read
  }
}
