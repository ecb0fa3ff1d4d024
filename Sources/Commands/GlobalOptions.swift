internal import ArgumentParser
internal import Reporting
internal import Units

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

/// How long a look at something may take.
enum TimeoutOption {
  static func read(_ text: String, of option: String) throws(CommandFailure) -> TimeSpan {
    guard let span = TimeSpan(text), span > .zero, span <= .minutes(5) else {
      throw CommandFailure("wrong-usage", "`\(option) \(text)` is not a time span up to 5m", status: .usage, helps: ["write `\(option) 5s`"])
    }
    return span
  }
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
