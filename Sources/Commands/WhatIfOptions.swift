internal import ArgumentParser
internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Reporting
internal import YAMLReading

/// What if a value of the plan were another one?
struct WhatIfOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compute with another value, `data.NAME.estimate.size=500GB` or `scenarios.NAME.loses.sites=[a, b]`; again for further ones. For one plan.", valueName: "address=value"))
  var set: [String] = []
  @Option(
    help: ArgumentHelp(
      "Compute as if this were missing besides, in every scenario: `person:NAME`, `site:NAME`, `server:NAME`, `store:NAME` or `secret:NAME`; again for further ones. For one plan.",
      valueName: "kind:name"))
  var without: [String] = []
  @Option(help: ArgumentHelp("Compute with so many steps at once.", valueName: "n"))
  var parallelism = defaultParallelism

  /// The options, understood.
  struct Read {
    var overrides: [YAMLOverride] = []
    var absences: [Absence] = []
    var options: [SourceFile] = []
    var width: Int
  }

  func validate() throws {
    if without.count > 64 { throw ValidationError("at most 64 things can be missing") }
    if set.count > 64 { throw ValidationError("at most 64 values can be replaced") }
    guard (1...256).contains(parallelism) else { throw ValidationError("'--parallelism' is a number from 1 to 256") }
  }

  func read(_ console: Console, plans: [String]) throws(CommandFailure) -> Read {
    guard set.isEmpty && without.isEmpty || plans.count == 1 else {
      throw CommandFailure("wrong-usage", "`\(set.isEmpty ? "--without" : "--set")` is for one plan, and there are \(plans.count)", status: .usage, helps: ["name one plan file"])
    }
    var read = Read(width: parallelism)
    for (index, text) in set.enumerated() {
      let option = SourceFile(path: "--set #\(index + 1)", bytes: Array(text.utf8))
      read.overrides.append(try CompositionOptions.pair(option, "--set", "data.NAME.estimate.size=500GB", console))
      read.options.append(option)
    }
    for (index, text) in without.enumerated() {
      let option = SourceFile(path: "--without #\(index + 1)", bytes: Array("without \(text)".utf8))
      let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2, let kind = Absence.Kind(rawValue: parts[0]) else {
        throw CommandFailure(
          "wrong-usage", "`--without \(text)` does not say what is missing", status: .usage,
          helps: ["write " + Absence.Kind.allCases.map { "`\($0.rawValue):NAME`" }.joined(separator: ", ")])
      }
      let start = 9 + parts[0].count + 1
      let span = SourceSpan(path: option.path, start: SourceMark(line: 1, column: start), end: SourceMark(line: 1, column: start + parts[1].count))
      read.absences.append(Absence(kind, Located(parts[1], at: span)))
      read.options.append(option)
    }
    return read
  }

  var isAsked: Bool { !set.isEmpty || !without.isEmpty }
}
