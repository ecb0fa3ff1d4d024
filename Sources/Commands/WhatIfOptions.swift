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
      read.overrides.append(try CompositionOptions.pair(option, "--set", "data.NAME.estimate.size=500GB", console))
      read.options.append(option)
    }
    return read
  }
}
