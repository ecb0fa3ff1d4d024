import CanonicalJSON
import ChangePlanning
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("The digest of a changeset")
struct DigestTests {
  enum Edit: CaseIterable {
    case folder, file, plannedAt, measurement, reason, prediction, unreachableReason
    case fact, action, timeout, parallelism, toolMajor, stepRemoved

    /// What was reviewed, and so must be reviewed again when it is another one.
    var changesDigest: Bool { [.fact, .action, .timeout, .parallelism, .toolMajor, .stepRemoved].contains(self) }

    func apply(_ changeset: inout Changeset) {
      switch self {
      case .folder: changeset.plan.folder = "/elsewhere"
      case .file: changeset.plan.file = "other.yaml"
      case .plannedAt: changeset.plannedAt = changeset.plannedAt + .hours(1)
      case .measurement: changeset.steps[0].measurements["lag"] = .int(9)
      case .reason: changeset.steps[0].change.reason = "said otherwise"
      case .prediction: changeset.prediction.duration = .hours(9)
      case .unreachableReason: changeset.steps[1].basis = .unreachable(reason: "timed out")
      case .fact: changeset.steps[0].basis = .facts(["version": .int(16)])
      case .action: changeset.steps[0].change.action = .delete
      case .timeout: changeset.steps[0].specification.timeout = .hours(7)
      case .parallelism: changeset.parallelism += 1
      case .toolMajor: changeset.toolVersion = "999.0.0"
      case .stepRemoved: changeset.steps.removeLast()
      }
    }
  }

  private func sample() throws -> Changeset {
    try Changeset.sample([
      SampleStep("first") { $0.basis = .facts(["version": .int(15)]) },
      SampleStep("second", needs: ["first"]) { $0.basis = .unreachable(reason: "refused") },
    ])
  }

  @Test("covers what was reviewed and nothing else", arguments: Edit.allCases)
  func covers(edit: Edit) throws {
    var changeset = try sample()
    edit.apply(&changeset)
    #expect(try (changeset.computedDigest() != changeset.digest) == edit.changesDigest)
  }

  @Test("same input, same bytes, through a file and back")
  func sameBytes() throws {
    let bytes = try CanonicalJSON.bytes(sample())
    #expect(try CanonicalJSON.bytes(sample()) == bytes)
    let read = try CanonicalJSON.decode(Changeset.self, from: bytes)
    #expect(try read == sample())
    #expect(try read.computedDigest() == read.digest)
  }
}
