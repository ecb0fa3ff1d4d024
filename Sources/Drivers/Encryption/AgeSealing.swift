public import RecoveryPoints
public import Units

/// Encrypts to public keys: no private one is needed, and the machine that backs up has none.
public struct AgeSealing: ObjectSealing {
  public let encryption: PointEncryption
  private let program: AgeProgram
  private let deadline: TimeSpan

  /// Each process may take as long as `deadline`.
  public init(to recipients: [String], by program: AgeProgram, deadline: TimeSpan) {
    encryption = PointEncryption(recipients: recipients)
    self.program = program
    self.deadline = deadline
  }

  public func seal(
    from next: @escaping @Sendable () async throws -> [UInt8]?, into write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    try await program.run(["--encrypt"] + encryption.recipients.flatMap { ["--recipient", $0] }, deadline: deadline, from: next, into: write)
  }
}

/// Decrypts with an identity.
public struct AgeUnsealing: ObjectUnsealing {
  private let identity: AgeIdentity
  private let program: AgeProgram
  private let deadline: TimeSpan

  public init(with identity: AgeIdentity, by program: AgeProgram, deadline: TimeSpan) {
    self.identity = identity
    self.program = program
    self.deadline = deadline
  }

  public func unseal(
    from next: @escaping @Sendable () async throws -> [UInt8]?, into write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    try await program.run(["--decrypt", "--identity", identity.path], secrets: identity.secrets, deadline: deadline, from: next, into: write)
  }
}
