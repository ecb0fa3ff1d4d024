internal import ChangePlanning
internal import Correspondence
internal import ExecutionShell
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

/// What a run would tell whom, without telling it.
enum MessagePreview {
  static func text(_ changeset: Changeset, _ style: TextStyle) -> String {
    let preview = Correspondence.preview(changeset, from: changeset.plannedAt, run: RunID(rawValue: "RUN"))
    guard !preview.asPredicted.isEmpty else {
      return changeset.scenario == nil ? "protection tells nobody: it is no incident\n" : "the run tells nobody: no audience of `communication` has `send`\n"
    }
    func shown(_ messages: [Correspondence.Message]) -> [PreviewedMessage] {
      messages.map { message in
        let ways = message.audience.ways.map { $0.by.rawValue }.joined(separator: ", else ")
        return PreviewedMessage(after: message.at - changeset.plannedAt, audience: message.audience.name.rawValue, ways: ways, text: message.text)
      }
    }
    return previewReport(asPredicted: shown(preview.asPredicted), otherwise: preview.otherwise.map { ($0.what, shown($0.messages)) }, style)
  }
}
