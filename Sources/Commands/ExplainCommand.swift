internal import ArgumentParser
internal import Diagnostics
internal import PlanLinting
internal import Reporting

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say what a finding means, how its figure comes about, and what mends it.",
    discussion: "Needs no network: everything stands in the program. Without a code, lists every kind of finding that `lint` has.")

  @Argument(help: "The code of a finding, as it stands in brackets: rpo-exceeded.")
  var code: String?
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      guard let code else {
        console.write(try explanationList(explanations, as: format.format, console.style))
        return .done
      }
      guard let page = explanations.first(where: { $0.code.rawValue == code }) else {
        let near = nearestNames(to: code, in: explanations.map(\.code.rawValue))
        let help = near.isEmpty ? "`sie-dr explain` lists them" : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"
        throw CommandFailure("unknown-code", "no finding of a plan has the code `\(code)`", status: .usage, helps: [help])
      }
      console.write(try explanationReport(page, as: format.format, console.style))
      return .done
    }
  }
}
