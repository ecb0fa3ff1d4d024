internal import ChildProcess
internal import ExecutionCore
internal import ExecutionShell
internal import Journaling
internal import SSHSignatures

/// The signatures of approvals, checked by `ssh-keygen`.
struct Signatures: SignatureChecking {
  let keygen: SSHKeygen

  init(_ children: ChildRunner, _ environment: [String: String]) { keygen = SSHKeygen(children: children, environment: environment) }

  func check(_ approval: SignedApproval, signers: [String]) async -> Spoken.Signature {
    let name = approval.statement.name
    guard let bytes = try? approval.statement.signedBytes() else { return .bad(code: "approval-unreadable", why: "the approval of `\(name)` cannot be read") }
    do throws(SigningError) {
      return .good(key: try await keygen.verify(bytes, signature: approval.signature, as: name, signers: signers, namespace: ApprovalStatement.namespace))
    } catch {
      switch error.kind {
      case .badSignature:
        return .bad(code: "approval-bad-signature", why: "the approval of `\(name)` is not what was signed: \(error.why)")
      case .notASigner:
        return .bad(code: "approval-by-stranger", why: "the approval of `\(name)` is signed by \(error.why), which the file of signers does not have under that name, or not for now")
      case .toolMissing, .keyUnusable, .other:
        return .bad(code: "approval-unchecked", why: "the signature of `\(name)` could not be checked: \(error.why)")
      }
    }
  }
}
