internal import ArgumentParser
internal import Diagnostics
internal import PlanModel
internal import Reporting
internal import YAMLReading

/// Which environment of a plan is meant, and what its variables are: the same for every command that reads a plan.
struct CompositionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The plan for this environment: one of its `overlays`.", valueName: "name"))
  var environment: String?
  @Option(help: ArgumentHelp("Lay this file (`kind: PlanOverlay`) over the plan; again for further ones.", valueName: "file"))
  var overlay: [String] = []
  @Option(name: .customLong("var"), help: ArgumentHelp("The value of a variable of the plan; again for further ones.", valueName: "name=value"))
  var variables: [String] = []

  func validate() throws {
    if overlay.count + variables.count > 128 { throw ValidationError("at most 128 overlays and variables can be given") }
  }

  var areGiven: Bool { environment != nil || !overlay.isEmpty || !variables.isEmpty }

  /// The options, understood, and the texts that findings can point into.
  struct Read {
    var composition = PlanComposition()
    var sources: [SourceFile] = []
    /// The values that were given, as they were given.
    var given: [SourceFile] = []
  }

  func read(_ console: Console) throws(CommandFailure) -> Read {
    var read = Read(composition: PlanComposition(environment: environment))
    for path in overlay { read.composition.overlays.append(SourceFile(path: path, bytes: try Files.read(path))) }
    for (index, text) in variables.enumerated() {
      let option = SourceFile(path: "--var #\(index + 1)", bytes: Array(text.utf8))
      read.composition.variables.append(try Self.pair(option, "--var", "NAME=VALUE", console))
      read.given.append(option)
    }
    read.sources = read.composition.overlays + read.given
    return read
  }

  /// `NAME=VALUE` of an option, the value as YAML on one line.
  static func pair(_ option: SourceFile, _ name: String, _ example: String, _ console: Console) throws(CommandFailure) -> YAMLOverride {
    let text = String(decoding: option.bytes, as: UTF8.self)
    guard let (found, findings) = readOverride(option) else {
      throw CommandFailure("wrong-usage", "`\(name) \(text)` has no value", status: .usage, helps: ["write `\(name) \(example)`: the value as YAML on one line"])
    }
    guard let found, !findings.contains(where: { $0.severity == .error }) else {
      console.writeError(DiagnosticRenderer(sources: [option], options: .init(color: console.style.color, width: console.style.width)).render(findings) + "\n")
      throw CommandFailure("wrong-usage", "the value of `\(name) \(text)` cannot be read", status: .usage, helps: ["write the value as in the plan; quote it for your shell"])
    }
    return found
  }
}
