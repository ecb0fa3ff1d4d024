internal import ChildProcess
public import RecoveryPoints

/// A private key in memory that `age` can open like a file: it is on no disk, in no argument list and in no environment.
public final class AgeIdentity: Sendable {
  private let file: MemoryFile
  /// For blotting out.
  let secrets: [String]

  var path: String { file.path }

  /// Takes the text of an identity file: age's own, or an SSH private key.
  public init(_ text: String) throws(SealingError) {
    if let problem = Self.problem(in: text) { throw SealingError(.other, problem) }
    guard let file = MemoryFile(Array(text.utf8) + [UInt8(ascii: "\n")]) else { throw SealingError(.other, "no memory or descriptor is left for it") }
    self.file = file
    secrets = [text]
  }

  /// Why a text is no identity that can be used without a person, or nil. Quotes none of it.
  private static func problem(in text: String) -> String? {
    if text.hasPrefix("age-encryption.org/") || text.contains("BEGIN AGE ENCRYPTED FILE") {
      return "it is protected by a passphrase, which nobody can type here; give the decrypted identity, for instance by a `command`"
    }
    if text.contains("PRIVATE KEY-----") { return nil }
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
    guard !lines.isEmpty else { return "it holds no identity" }
    return lines.allSatisfy { $0.hasPrefix("AGE-SECRET-KEY-") || $0.hasPrefix("AGE-PLUGIN-") } ? nil : "it is no age identity (`AGE-SECRET-KEY-1…`) and no SSH private key"
  }
}
