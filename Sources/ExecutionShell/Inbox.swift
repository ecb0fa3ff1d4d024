internal import CanonicalJSON
internal import Concurrency
public import ExecutionCore
internal import Glibc
public import Journaling
internal import ProviderInterface
internal import Units

/// Where people leave words for a run: one file each, which nobody removes. Which of them were taken up, the journal says.
struct Inbox: Sendable {
  /// Far more than people say in a run; what is beyond is not read.
  static let mostWords = 1_000
  private static let largest = 256 << 10

  let path: String
  private let pool = BlockingPool(threads: 1)

  init(_ path: String) { self.path = path }

  /// Durable when it returns, and found whole or not at all.
  func put(_ word: Word) async throws(SystemFailure) {
    let (path, file) = (path, "\(path)/\(word.id).json")
    guard let bytes = try? CanonicalJSON.bytes(word), bytes.count <= Self.largest else { throw SystemFailure("write", file, code: EFBIG) }
    try await pool.run { () throws(SystemFailure) in
      try Folder.make(path)
      let draft = "\(path)/.\(word.id)"
      let descriptor = try Descriptor(opening: draft, O_CREAT | O_EXCL | O_WRONLY, to: "write")
      try descriptor.write(bytes + [0x0A])
      try descriptor.sync()
      _ = try systemCall("write", file) { Int(rename(draft, file)) }
      try Folder.sync(path)
    }
  }

  /// The words that are not known yet, in the order in which they were said. What is no word is passed over: it may be anybody's file.
  func read(besides known: Set<String>) async -> [Word] {
    let path = path
    return await pool.run {
      let names = ((try? Folder.names(in: path)) ?? []).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.prefix(Self.mostWords)
      let words = names.compactMap { name -> Word? in
        let id = String(name.dropLast(5))
        guard Word.isProper(id), !known.contains(id), let file = try? Descriptor(opening: "\(path)/\(name)", O_RDONLY | O_NONBLOCK, to: "read"),
          let bytes = try? file.readAll(atMost: Self.largest), let word = try? CanonicalJSON.decode(Word.self, from: bytes), word.id == id
        else { return nil }
        return word
      }
      return words.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    }
  }
}

/// Finds out whether a signature is good: by `ssh-keygen`, handed in.
public protocol SignatureChecking: Sendable {
  /// - Parameter signers: lines of the file of allowed signers.
  func check(_ approval: SignedApproval, signers: [String]) async -> Spoken.Signature
}

/// Where no signature can be checked, none is good.
public struct NoSignatures: SignatureChecking {
  public init() {}
  public func check(_ approval: SignedApproval, signers _: [String]) async -> Spoken.Signature {
    .bad(code: "approval-unchecked", why: "the signature of `\(approval.statement.name)` cannot be checked here")
  }
}

extension RunEnvironment {
  /// With what is known of its signature.
  func spoken(_ word: Word, signers: [String]) async -> Spoken {
    guard case .approve(let approval) = word.order else { return Spoken(word) }
    return Spoken(word, await signatures.check(approval, signers: signers))
  }
}
