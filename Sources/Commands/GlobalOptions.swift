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

struct LintFormatOption: ParsableArguments {
  @Option(help: "How to write the result: \(LintFormat.list).", transform: LintFormat.named)
  var format: LintFormat = .text
}

extension Console.Color: ExpressibleByArgument {}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
  fileprivate static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension OutputFormat {
  /// The format of that name, or a usage error that lists them.
  static func named(_ name: String) throws -> OutputFormat {
    if let format = OutputFormat(rawValue: name) { return format }
    throw ValidationError(LintFormat(rawValue: name) == nil ? "unknown format '\(name)'; known are \(list)" : "only `lint` writes '\(name)'; here it is one of \(list)")
  }
}

extension LintFormat {
  static func named(_ name: String) throws -> LintFormat {
    if let format = LintFormat(rawValue: name) { return format }
    throw ValidationError("unknown format '\(name)'; known are \(list)")
  }
}
