/// How the objects of a point are encrypted. Public: nobody can decrypt by knowing it.
public struct PointEncryption: Hashable, Sendable, Codable {
  /// `age`, the only one so far.
  public var method: String
  /// Any one of their private keys is enough.
  public var recipients: [String]
  public init(method: String = Self.age, recipients: [String]) { self.method = method; self.recipients = recipients }

  public static let age = "age"
  /// The end of an encrypted object's name.
  public static let suffix = ".age"
}

/// Encrypts objects on their way into a store, a chunk at a time: no more than a few chunks are in memory.
public protocol ObjectSealing: Sendable {
  var encryption: PointEncryption { get }
  /// Takes chunks from `next` until nil, and gives what becomes of them to `write`, no faster than it takes them. Throws `SealingError`, or
  /// what the two threw; then nothing of the object may be used.
  func seal(
    from next: @escaping @Sendable () async throws -> [UInt8]?, into write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws
}

/// The way back, with a private key.
public protocol ObjectUnsealing: Sendable {
  /// As `seal`. What has been written is good only once this has returned.
  func unseal(
    from next: @escaping @Sendable () async throws -> [UInt8]?, into write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws
}

/// Why an object was not encrypted or decrypted; `detail` is for people and holds no secret.
public struct SealingError: Error, Hashable, Sendable {
  public enum Reason: Hashable, Sendable { case toolMissing, wrongKey, damaged, timedOut, cancelled, other }
  public var reason: Reason
  public var detail: String
  public init(_ reason: Reason, _ detail: String) { self.reason = reason; self.detail = detail }
}
