internal import CanonicalJSON
internal import ExecutionShell
internal import Glibc
internal import NotificationProvider
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

/// What lies beside a run's journal: its messages in the outbox, and a person's word on what is owed after it.
struct IncidentFiles {
  private let directory: StateDirectory
  private let run: RunID

  init(_ directory: StateDirectory, _ run: RunID) { self.directory = directory; self.run = run }

  /// Oldest first. What cannot be read is left out: the report is of what is known.
  var messages: [ToldMessage] {
    let found = ["waiting", "done"].flatMap { folder -> [OutboxMessage] in
      let path = "\(directory.path)/outbox/\(folder)/\(run)"
      return Files.entries(of: path).filter { $0.hasSuffix(".json") }.compactMap { name in
        (try? Files.read("\(path)/\(name)")).flatMap { try? CanonicalJSON.decode(OutboxMessage.self, from: $0) }
      }
    }
    // One that was done has not yet gone from where it waited.
    var byName: [StepName: OutboxMessage] = [:]
    for message in found { byName[message.step] = message }
    return byName.values.sorted { ($0.posted, $0.step) < ($1.posted, $1.step) }.map { message in
      let sent = message.sent
      return ToldMessage(name: message.step.rawValue, text: message.text, posted: message.posted, sentBy: sent?.by.rawValue, sentAt: sent?.at, outcome: message.outcome)
    }
  }

  private var dutyFolder: String { "\(directory.path)/runs/\(run)/duties" }

  var duties: [DutyRecord] {
    PostIncident.Duty.Kind.allCases.compactMap { kind in
      (try? Files.read("\(dutyFolder)/\(kind.rawValue).json")).flatMap { try? CanonicalJSON.decode(DutyRecord.self, from: $0) }
    }
  }

  /// The last word counts.
  func record(_ duty: DutyRecord) throws {
    try Files.makeFolder(dutyFolder)
    try Files.write(CanonicalJSON.bytes(duty), to: "\(dutyFolder)/\(duty.kind.rawValue).json")
  }

  /// All there is of a report. What people go on writing is never written over.
  static func write(_ report: IncidentReport, now: Timestamp, to folder: String) throws -> [(path: String, isKept: Bool)] {
    try Files.makeFolder(folder)
    var texts: [(name: String, text: String?, isTheirs: Bool)] = [
      ("report.md", try incidentReport(report, now: now, as: .markdown, TextStyle()), false), ("report.json", try incidentReport(report, now: now, as: .json, TextStyle()), false),
      ("postmortem.md", report.postmortem(now: now), true), ("evidence.yaml", report.evidence, false), ("lessons.overlay.yaml", report.overlay, true),
    ]
    if !report.ticketFiles.isEmpty { try Files.makeFolder("\(folder)/tickets") }
    texts += report.ticketFiles.map { ("tickets/\($0.name)", $0.text, true) }
    var written: [(String, Bool)] = []
    for (name, text, isTheirs) in texts {
      guard let text else { continue }
      let path = "\(folder)/\(name)"
      let isKept = isTheirs && access(path, F_OK) == 0
      if !isKept { try Files.write(Array(text.utf8), to: path, mode: 0o644) }
      written.append((path, isKept))
    }
    return written
  }
}
