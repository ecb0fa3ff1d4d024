import ChangePlanning
import PlanModel
import ProviderInterface
import Reporting
import TestSupport
import Testing

/// What a pull request shows, byte by byte.
@Suite("A plan as Markdown") struct PlanMarkdownTests {
  @Test("is what the snapshot says", arguments: ["lost", nil] as [String?]) func snapshot(_ scenario: String?) throws {
    var planning = Planning()
    planning.text += "      switch: { command.run: { run: [switch] }, irreversible: clients keep the name, needs: [verify], timeout: 1m }\n"
    planning.observations["backup-orders-regular"] = .unreachable("no answer within 5s")
    let changeset = try planning.changeset(scenario)
    let text = try planReport(changeset, as: .markdown, TextStyle())
    try expectSnapshot(text.replacing(changeset.digest, with: "DIGEST"), "Tests/ChangePlanningTests/Snapshots/\(scenario ?? "protection").md")
  }
}
