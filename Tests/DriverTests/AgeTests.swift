import ChildProcess
import Concurrency
@testable import Encryption
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Encryption by the real `age`.
@Suite(.timeLimit(.minutes(5)))
struct AgeTests {
  private static let program = AgeProgram(children: children)
  private static let plain = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 5) }

  /// All of it in one go, in chunks of 100,000.
  private func pass(
    _ bytes: [UInt8],
    _ by: (_ next: @escaping @Sendable () async throws -> [UInt8]?, _ write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
  ) async throws -> [UInt8] {
    let rest = Lock(bytes[...])
    let out = Lock<[UInt8]>([])
    try await by(
      {
        rest.withLock { rest in
          defer { rest = rest.dropFirst(100_000) }
          return rest.isEmpty ? nil : Array(rest.prefix(100_000))
        }
      }, { chunk in out.withLock { $0 += chunk } })
    return out.withLock { $0 }
  }

  private func seal(_ bytes: [UInt8], to recipients: [String], by program: AgeProgram = program) async throws -> [UInt8] {
    let sealing = AgeSealing(to: recipients, by: program, deadline: .minutes(1))
    return try await pass(bytes) { try await sealing.seal(from: $0, into: $1) }
  }

  private func unseal(_ bytes: [UInt8], with identity: String) async throws -> [UInt8] {
    let unsealing = AgeUnsealing(with: try AgeIdentity(identity), by: Self.program, deadline: .minutes(1))
    return try await pass(bytes) { try await unsealing.unseal(from: $0, into: $1) }
  }

  private func reason(_ body: () async throws -> [UInt8]) async -> SealingError.Reason? {
    do { _ = try await body() } catch { return (error as? SealingError)?.reason }
    return nil
  }

  @Test("what is encrypted to several keys is opened by any one of them, an SSH key too", arguments: [0, 1, 100_000, 1_500_000])
  func roundTrip(size: Int) async throws {
    let folder = try temporaryFolder("ssh")
    defer { removeFolder(folder) }
    try runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me@here", "-f", "\(folder)/key"])
    let (one, two) = (try AgeKey.make(), try AgeKey.make())
    let bytes = Array(Self.plain.prefix(size))
    let sealed = try await seal(bytes, to: [one.recipient, two.recipient, String(try readFile("\(folder)/key.pub").dropLast())])
    #expect(sealed.starts(with: "age-encryption.org/v1\n".utf8))
    for identity in [one.identity, two.identity, try readFile("\(folder)/key")] { #expect(try await unseal(sealed, with: identity) == bytes) }
  }

  @Test("another key, damage and a cut are each told apart")
  func wrong() async throws {
    let key = try AgeKey.make()
    let sealed = try await seal(Self.plain, to: [key.recipient])
    #expect(await reason { try await unseal(sealed, with: AgeKey.make().identity) } == .wrongKey)
    for place in [3, 190, 700_000, sealed.count - 1] {
      var changed = sealed
      changed[place] ^= 1
      #expect(await reason { try await unseal(changed, with: key.identity) } == .damaged, "byte \(place)")
    }
    for count in [0, 100, 65_536, sealed.count - 1] {
      #expect(await reason { try await unseal(Array(sealed.prefix(count)), with: key.identity) } == .damaged, "cut to \(count)")
    }
    #expect(await reason { try await unseal(sealed + [1], with: key.identity) } == .damaged)
  }

  @Test("a missing program, and a recipient that is none, are told in words")
  func refused() async throws {
    let key = try AgeKey.make()
    #expect(await reason { try await seal([1], to: [key.recipient], by: AgeProgram(children: children, path: "/nowhere")) } == .toolMissing)
    let error = await #expect(throws: SealingError.self) { try await seal([1], to: ["age1nothing"]) }
    #expect(error?.reason == .other && error?.detail.contains("malformed recipient") == true)
  }

  @Test("a text that is no identity is refused without quoting it", arguments: [
    ("", "holds no identity"), ("# only a comment", "holds no identity"), ("canary", "no age identity"), ("age1qqqq", "no age identity"),
    ("age-encryption.org/v1\ncanary", "passphrase"), ("-----BEGIN AGE ENCRYPTED FILE-----\ncanary", "passphrase"),
  ])
  func noIdentity(text: String, words: String) throws {
    let error = #expect(throws: SealingError.self) { try AgeIdentity(text) }
    #expect(error?.detail.contains(words) == true && error?.detail.contains("canary") == false)
  }

  @Test("an identity that only looks like one is not quoted either")
  func malformed() async throws {
    let sealed = try await seal([1], to: [AgeKey.make().recipient])
    let error = await #expect(throws: SealingError.self) { try await unseal(sealed, with: "AGE-SECRET-KEY-1CANARY") }
    #expect(error?.reason == .other && error?.detail.contains("CANARY") == false, "\(error?.detail ?? "")")
  }

  @Test("the identity is in no argument list and no environment, and no process is left when the task is cancelled")
  func hidden() async throws {
    let key = try AgeKey.make()
    let sealed = try await seal(Self.plain, to: [key.recipient])
    let identity = try AgeIdentity(key.identity)
    let unsealing = AgeUnsealing(with: identity, by: Self.program, deadline: .minutes(1))
    let sent = Lock(false)
    let task = Task {
      try await unsealing.unseal(from: {
        let isSent = sent.withLock { sent in
          defer { sent = true }
          return sent
        }
        if isSent { try await Task.sleep(for: .seconds(1_000)) }
        return Array(sealed.prefix(300_000))
      }, into: { _ in })
    }
    let secret = String(try #require(key.identity.split(separator: "\n").last))
    var seen: [SeenProcess] = []
    for _ in 0..<400 where seen.isEmpty {
      seen = SeenProcess.all().filter { $0.arguments.hasSuffix("--identity \(identity.path)") && !$0.arguments.contains("__supervise") }
      try await Task.sleep(for: .milliseconds(10))
    }
    let pid = try #require(seen.first).pid
    #expect(try !readFile("/proc/\(pid)/environ").contains(secret) && !readFile("/proc/\(pid)/cmdline").contains(secret))
    task.cancel()
    _ = await task.result
    #expect(try await areGone([pid]))
  }

  @Test("a reader that stands still holds the whole chain up")
  func backPressure() async throws {
    let (taken, isStanding) = (Lock(0), Lock(false))
    let sealing = AgeSealing(to: [try AgeKey.make().recipient], by: Self.program, deadline: .minutes(1))
    let task = Task {
      try await sealing.seal(from: {
        taken.withLock { $0 += 1 << 20 }
        return [UInt8](repeating: 7, count: 1 << 20)
      }, into: { _ in
        isStanding.withLock { $0 = true }
        try await Task.sleep(for: .seconds(1_000))
      })
    }
    while !isStanding.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
    try await Task.sleep(for: .milliseconds(500))
    let most = taken.withLock { $0 }
    try await Task.sleep(for: .milliseconds(300))
    // What the pipes and the program's own buffers hold, and one chunk that waits.
    #expect(most <= 3 << 20 && taken.withLock { $0 } == most)
    task.cancel()
    await #expect(throws: (any Error).self) { try await task.value }
  }
}
