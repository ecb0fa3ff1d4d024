import ChildProcess
import Glibc
@testable import SSHSignatures
import TestSupport
import Testing
import Units

/// The real `ssh-keygen`, with keys of its own making.
@Suite("Signatures by ssh-keygen", .timeLimit(.minutes(2))) struct SSHKeygenTests {
  private final class Keys: Sendable {
    let folder: String
    init() throws { folder = try temporaryFolder("keys") }
    deinit { removeFolder(folder) }

    /// - Returns: the path of the private key, and the public one as in a file of signers.
    func make(_ name: String, type: String = "ed25519", passphrase: String = "") throws -> (path: String, key: String) {
      let path = "\(folder)/\(name)"
      try runProgram(["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", name, "-f", path])
      return (path, try readFile("\(path).pub").split(separator: " ").prefix(2).joined(separator: " "))
    }
  }
  private let keygen = SSHKeygen(children: children, environment: ["PATH": "/usr/bin:/bin"])
  private let message = Array("the digest".utf8)
  private let space = "sie-dr-approval"

  private func kind(_ body: () async throws -> Void) async -> SigningError.Kind? {
    do { try await body(); return nil } catch { return (error as? SigningError)?.kind }
  }

  @Test("what one key signs, the file of signers proves, and the fingerprint is ssh-keygen's own", arguments: ["ed25519", "ecdsa", "rsa"]) func good(_ type: String) async throws {
    let keys = try Keys()
    let ada = try keys.make("ada", type: type)
    let signature = try await keygen.sign(message, with: ada.path, namespace: space)
    let key = try await keygen.verify(message, signature: signature, as: "lead", signers: ["other ssh-ed25519 AAAA", "lead \(ada.key)"], namespace: space)
    #expect(try runProgram(["ssh-keygen", "-l", "-f", "\(ada.path).pub"]).output.contains(" \(key) "))
    #expect(try await keygen.publicKey(of: ada.path) == ada.key.split(separator: " ")[1])
  }

  @Test("column of signatures that do not count") func bad() async throws {
    let keys = try Keys()
    let (ada, eve) = (try keys.make("ada"), try keys.make("eve"))
    let signers = ["lead \(ada.key)"]
    let signature = try await keygen.sign(message, with: ada.path, namespace: space)
    func verify(text: String = "the digest", _ signature: String, as name: String = "lead", _ signers: [String], space: String = "sie-dr-approval") async -> SigningError.Kind? {
      await kind { _ = try await keygen.verify(Array(text.utf8), signature: signature, as: name, signers: signers, namespace: space) }
    }
    #expect(await verify(signature, signers) == nil)
    #expect(await verify(text: "another digest", signature, signers) == .badSignature)
    #expect(await verify("no signature at all", signers) == .badSignature)
    #expect(await verify(signature, signers, space: "file") == .badSignature)
    #expect(await verify(signature, as: "owner", signers) == .notASigner)
    #expect(await verify(signature, []) == .notASigner)
    #expect(await verify(signature, ["lead valid-before=\"20200101\" \(ada.key)"]) == .notASigner)
    #expect(await verify(signature, ["lead namespaces=\"git\" \(ada.key)"]) == .notASigner)
    let strange = try await keygen.sign(message, with: eve.path, namespace: space)
    #expect(await verify(strange, signers) == .notASigner)
  }

  @Test("a key that is not there, or locked, is said; nothing waits for a passphrase that nobody can type") func locked() async throws {
    let keys = try Keys()
    let locked = try keys.make("locked", passphrase: "a secret phrase")
    for path in [locked.path, "\(keys.folder)/none"] {
      #expect(await kind { _ = try await keygen.sign(message, with: path, namespace: space) } == .keyUnusable)
    }
    let nowhere = SSHKeygen(children: children, environment: ["PATH": keys.folder])
    #expect(await kind { _ = try await nowhere.sign(message, with: locked.path, namespace: space) } == .toolMissing)
  }

  @Test("a key in the agent signs by its public half, without a passphrase") func agent() async throws {
    let keys = try Keys()
    let ada = try keys.make("ada")
    let socket = "\(keys.folder)/agent"
    let started = try runProgram(["ssh-agent", "-a", socket]).output
    let pid = started.split(separator: ";").compactMap { $0.split(separator: "=").last.flatMap { Int32($0) } }.first
    defer { if let pid { kill(pid, SIGTERM) } }
    try runProgram(["ssh-add", "-q", ada.path], environment: ["SSH_AUTH_SOCK": socket])
    try runProgram(["rm", ada.path])
    let withAgent = SSHKeygen(children: children, environment: ["PATH": "/usr/bin:/bin", "SSH_AUTH_SOCK": socket])
    let signature = try await withAgent.sign(message, with: "\(ada.path).pub", namespace: space)
    _ = try await keygen.verify(message, signature: signature, as: "lead", signers: ["lead \(ada.key)"], namespace: space)
  }
}
