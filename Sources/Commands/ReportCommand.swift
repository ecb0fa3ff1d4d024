internal import ArgumentParser
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Report on a run: timeline, objectives against what came of them, decisions, undo, messages, lessons.",
    discussion: """
      Reads the journal and the outbox, and nothing else: the plan file may be gone. `--postmortem` prints a post-mortem with what is known filled in. `--out` \
      writes all there is into a folder: report.md and report.json, postmortem.md, one file a ticket, what was measured as evidence, and a draft change of the plan as \
      an overlay; a post-mortem or ticket that is there already is somebody's work and stays. `--done` says that something that the plan's `postIncident` asks for \
      has been done; `status` says what is overdue.
      """)

  @Argument(help: "The run, as `runs` lists it.")
  var run: String
  @Option(help: ArgumentHelp("When the disaster was (RFC 3339). Without it the plan's worst case is counted for detection and decision.", valueName: "time"))
  var disaster: String?
  @Flag(help: "Print a post-mortem in Markdown.")
  var postmortem = false
  @Option(help: ArgumentHelp("Write report, post-mortem, tickets and lessons into this folder.", valueName: "folder"))
  var out: String?
  @Option(help: ArgumentHelp("This has been done: report, runbook, postmortem or tickets. May be given several times.", valueName: "duty"), transform: ReportCommand.duty)
  var done: [PostIncident.Duty.Kind] = []
  @Option(help: ArgumentHelp("With `--done`: where it is, or what came of it.", valueName: "text"))
  var note: String = ""
  @OptionGroup var state: StateOption
  @OptionGroup var format: FormatOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if !note.isEmpty, done.isEmpty { throw ValidationError("'--note' is of '--done': say what has been done") }
    if postmortem, format.format != .text { throw ValidationError("a post-mortem is Markdown: leave '--format' out") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let directory = StateFinding.directory(state.state, environment)
      let id = RunID(rawValue: run)
      let now = SystemClock.now()
      let files = IncidentFiles(directory, id)
      let journal: JournalText
      do throws(EngineFailure) { journal = try await directory.journal(of: id) } catch { throw CommandFailure(error.failure) }
      let disaster = try disaster.map(time)
      for kind in done { try files.record(DutyRecord(kind: kind, at: now, who: World.who(environment), note: note)) }
      let report: IncidentReport
      do throws(JournalDamage) { report = try IncidentReport(journal.records, messages: files.messages, done: files.duties, disaster: disaster) } catch {
        throw CommandFailure(EngineFailure.journalDamaged(id, error, path: directory.journalPath(of: id)).failure)
      }
      if let out {
        let written = try IncidentFiles.write(report, now: now, to: out)
        console.write(written.map { "\($0.path): \($0.isKept ? "is there already, and stays as it is" : "written")\n" }.joined())
      } else {
        console.write(postmortem ? report.postmortem(now: now) : try incidentReport(report, now: now, as: format.format, console.style))
      }
      return .done
    }
  }

  private func time(_ text: String) throws(CommandFailure) -> Timestamp {
    guard let time = Timestamp(text) else {
      throw CommandFailure("wrong-usage", "`--disaster \(text)` is not a time", status: .usage, helps: ["write it as `2026-11-24T08:15:34Z`"])
    }
    return time
  }
}

extension ReportCommand {
  fileprivate static func duty(_ name: String) throws -> PostIncident.Duty.Kind {
    if let kind = PostIncident.Duty.Kind(rawValue: name) { return kind }
    throw ValidationError("nothing called '\(name)' is owed after an incident; known are \(PostIncident.Duty.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
  }
}
