public import ChildProcess
public import Units

/// Why something was not signed, or a signature does not count.
public struct SigningError: Error, Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// `ssh-keygen` is not there, or is too old.
    case toolMissing
    /// The key cannot be used: not there, or locked.
    case keyUnusable
    /// The signature does not fit what was signed.
    case badSignature
    /// It fits, and the file of signers does not have its key under that name, or not at this time.
    case notASigner
    case other
  }
  public var kind: Kind
  public var why: String
  public init(_ kind: Kind, _ why: String) { self.kind = kind; self.why = why }
}

/// The `ssh-keygen` program, which signs with a person's key, also one that an agent or a token holds, and checks signatures against a file of signers.
/// No secret passes through this process.
public struct SSHKeygen: Sendable {
  private let children: ChildRunner
  private let environment: [String: String]
  private let deadline: TimeSpan

  /// - Parameters:
  ///   - environment: of the person: where the agent is, and what asks for a passphrase.
  ///   - deadline: for one signature; a person may have to touch a token.
  public init(children: ChildRunner, environment: [String: String], deadline: TimeSpan = .minutes(2)) {
    self.children = children
    self.deadline = deadline
    let passed = ["SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_SK_PROVIDER", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"]
    self.environment = ChildCommand.toolDefaults(from: environment).merging(environment.filter { passed.contains($0.key) }) { own, _ in own }
  }

  /// The signature of `message`, as `ssh-keygen -Y sign` writes it.
  ///
  /// - Parameter key: a private key, or the public key of one that the agent holds.
  public func sign(_ message: [UInt8], with key: String, namespace: String) async throws(SigningError) -> String {
    let output = try await run(["-q", "-Y", "sign", "-f", key, "-n", namespace], input: message)
    guard output.succeeded, output.text.contains("BEGIN SSH SIGNATURE") else {
      throw SigningError(.keyUnusable, "\(key) cannot sign: \(Self.lastLine(output))")
    }
    return output.text
  }

  /// The public key that belongs to a private one, in base64.
  public func publicKey(of key: String) async throws(SigningError) -> String {
    let output = try await run(["-y", "-f", key], input: [])
    let parts = output.text.split(separator: " ")
    guard output.succeeded, parts.count >= 2 else { throw SigningError(.keyUnusable, "\(key) cannot be read: \(Self.lastLine(output))") }
    return parts[1].split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }

  /// The fingerprint of the key that signed, if it may sign as `name`.
  ///
  /// - Parameter signers: lines of a file of allowed signers.
  public func verify(
    _ message: [UInt8], signature: String, as name: String, signers: [String], namespace: String
  ) async throws(SigningError) -> String {
    guard let signatureFile = MemoryFile(Array(signature.utf8)), let signersFile = MemoryFile(Array((signers.joined(separator: "\n") + "\n").utf8)) else {
      throw SigningError(.other, "no memory or descriptor is left for the signature")
    }
    // First whether it is a signature of this at all: then the second question is only whose.
    let known = try await run(["-Y", "check-novalidate", "-n", namespace, "-s", signatureFile.path], input: message)
    guard known.succeeded, let key = Self.fingerprint(in: known.text) else { throw SigningError(.badSignature, Self.lastLine(known)) }
    let verified = try await run(["-Y", "verify", "-f", signersFile.path, "-I", name, "-n", namespace, "-s", signatureFile.path], input: message)
    guard verified.succeeded, let key = Self.fingerprint(in: verified.text) else { throw SigningError(.notASigner, "the key \(key)") }
    return key
  }

  private func run(_ arguments: [String], input: [UInt8]) async throws(SigningError) -> ChildOutput {
    let command = ChildCommand("ssh-keygen", arguments, environment: environment, deadline: deadline)
    do { return try await children.run(command, input: input) } catch {
      if case .notFound = error { throw SigningError(.toolMissing, "\(error)") }
      throw SigningError(.other, "\(error)")
    }
  }

  private static func fingerprint(in text: String) -> String? {
    text.split { $0 == " " || $0.isNewline }.first { $0.hasPrefix("SHA256:") }.map(String.init)
  }

  private static func lastLine(_ output: ChildOutput) -> String {
    (output.errorOutput + "\n" + output.text).split(whereSeparator: \.isNewline).last { !$0.hasPrefix("Signing ") }.map(String.init) ?? "ssh-keygen ended with \(output.status)"
  }
}
