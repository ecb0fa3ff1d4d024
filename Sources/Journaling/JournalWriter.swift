internal import Hashing
public import Units

/// Where a journal goes. An implementation writes whole arrays and never reorders.
public protocol AppendOnlyFile {
  /// Appends all the bytes, or throws.
  mutating func append(_ bytes: [UInt8]) throws
  /// Returns once everything appended is durable.
  mutating func sync() throws
}

/// A record without its place in the chain.
public struct Entry: Hashable, Sendable {
  public var at: Timestamp
  public var event: Event
  public init(at: Timestamp, event: Event) {
    self.at = at
    self.event = event
  }
}

/// Appends records to a chain. The first failure is final: behind a line that may be half there, nothing may follow.
public struct JournalWriter<File: AppendOnlyFile> {
  private var file: File
  private let who: String
  private let host: String
  private var seq: Int
  private var prev: SHA256Digest
  private var failure: JournalWriteFailure?

  /// - Parameter after: the whole records that the file holds already; everything behind them must have been cut off.
  public init(_ file: File, who: String, host: String, after text: JournalText? = nil) {
    self.file = file
    self.who = who
    self.host = host
    seq = text?.records.count ?? 0
    prev = text?.lastDigest ?? .beforeFirst
  }

  /// Appends the entries in order; they are durable when it returns.
  public mutating func append(_ entries: [Entry]) throws(JournalWriteFailure) {
    if let failure { throw failure }
    do {
      var lines: [UInt8] = []
      for entry in entries {
        let record = JournalRecord(seq: seq + 1, prev: prev, at: entry.at, who: who, host: host, event: entry.event)
        let (line, digest) = try record.sealed()
        lines += line
        (seq, prev) = (seq + 1, digest)
      }
      try file.append(lines)
      try file.sync()
    } catch {
      let failure = JournalWriteFailure(reason: "\(error)")
      self.failure = failure
      throw failure
    }
  }
}

/// The journal takes no more records: the run starts nothing new and ends.
public struct JournalWriteFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What the file said.
  public var reason: String
  public init(reason: String) { self.reason = reason }
  public var code: String { "journal-not-writable" }
  public var description: String { "the journal cannot be written: \(reason)" }
}

extension JournalWriter: Sendable where File: Sendable {}
