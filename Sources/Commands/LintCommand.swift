internal import ArgumentParser
internal import Diagnostics
internal import PlanLinting
internal import Reporting

struct LintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "Prove that plans can meet their objectives, without network and clock.",
    discussion: """
      Reads plan files (or the .yaml files of a folder), checks the language, and computes for every data class and scenario what can be lost \
      and how long recovery takes. Nothing else is read or contacted. Exits with 3 if an objective is breached, 1 for any other error.
      """)

  @Argument(help: "Plan files or folders; `-` for standard input.")
  var paths: [String]
  @OptionGroup var format: LintFormatOption
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      let files = try paths.flatMap { path throws(CommandFailure) in try Files.plans(at: path) }
      guard !files.isEmpty else { throw CommandFailure("no-plans", "there are no plan files in \(paths.joined(separator: ", "))", helps: ["plan files end in .yaml or .yml"]) }
      let results = try files.map { path throws(CommandFailure) in
        let file = SourceFile(path: path == "-" ? "<stdin>" : path, bytes: try Files.read(path))
        return (file: file, result: lint(file, kinds: Providers.kinds, protection: Providers.protection))
      }
      console.write(try lintReport(results, as: format.format, console.style, toolVersion: Version.number))
      if results.contains(where: \.result.breachesObjective) { return .objectiveBreached }
      return results.contains(where: \.result.hasErrors) ? .error : .done
    }
  }
}
