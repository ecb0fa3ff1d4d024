internal import Diagnostics
internal import PlanModel
internal import ProviderInterface

/// The files of evidence that a plan names, which count from its folder.
struct EvidenceFiles {
  let plan: String

  func callAsFunction(_ path: String) throws(UnreadableEvidence) -> SourceFile {
    let folder = plan == "-" ? "" : plan.lastIndex(of: "/").map { String(plan[...$0]) } ?? ""
    let full = path.hasPrefix("/") ? path : folder + path
    do throws(CommandFailure) {
      return SourceFile(path: full, bytes: try Files.read(full))
    } catch {
      throw UnreadableEvidence(reason: error.failure.message, help: "correct `evidence`: paths count from the folder of the plan; or remove the file from it")
    }
  }
}
