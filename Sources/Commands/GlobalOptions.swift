internal import ArgumentParser
internal import Reporting

/// Options that every command has, each with an environment variable.
struct GlobalOptions: ParsableArguments {
  @Option(help: ArgumentHelp("When to colour output: auto, always or never. NO_COLOR is honoured. [env: SIE_DR_COLOR]"))
  var color: Console.Color?

  func console(_ environment: [String: String]) -> Console {
    Console(color ?? environment["SIE_DR_COLOR"].flatMap(Console.Color.init) ?? .auto, environment: environment)
  }
}

struct StateOption: ParsableArguments {
  @Option(help: ArgumentHelp("The state directory, for journals and the lock. Otherwise the plan's `state:`, else `.sie-dr` beside the plan. [env: SIE_DR_STATE]", valueName: "folder"))
  var state: String?
}

struct FormatOption: ParsableArguments {
  @Option(help: "How to write the result: text, json or markdown.", transform: OutputFormat.named)
  var format: OutputFormat = .text
}

extension Console.Color: ExpressibleByArgument {}

extension OutputFormat {
  /// The format of that name, or a usage error that lists them.
  static func named(_ name: String) throws -> OutputFormat {
    guard let format = OutputFormat(rawValue: name) else {
      throw ValidationError("unknown format '\(name)'; known are \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return format
  }
}
