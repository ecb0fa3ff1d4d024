internal import ArgumentParser
internal import Diagnostics
internal import PlanLinting
internal import Reporting

struct RunbookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runbook", abstract: "Print the plan as a document for people, in Markdown.",
    discussion: """
      Objectives with what is computed, data, backups, where everything is, and each scenario as a numbered procedure. Reads the plan file and nothing else; \
      the same plan gives the same bytes, so the page can be kept beside the plan and checked in CI. Secrets stand there by name, with where they are found.
      """)

  @Argument(help: "The plan file.")
  var plan: String
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      let loaded = try LoadedPlan.load(plan, composition, console)
      let findings = lint(
        loaded.file, kinds: Providers.kinds, protection: Providers.protection, composing: loaded.composition, evidence: EvidenceFiles(plan: plan).callAsFunction).diagnostics
      if let secret = findings.first(where: \.concealsText) {
        throw CommandFailure(
          "secret-in-plan", "\(secret.span?.place ?? loaded.file.path) holds what looks like a secret: a document would spread it",
          helps: ["mend it: `sie-dr lint \(loaded.file.path)` says how"])
      }
      console.write(runbook(loaded.typed, loaded.assessment))
      return .done
    }
  }
}
