public import Hashing
internal import Units

/// The bytes of a journal file, understood.
public struct JournalText: Sendable, Equatable {
  public var records: [JournalRecord]
  /// What the next record names as the one before it.
  public var lastDigest: SHA256Digest
  /// How many bytes the whole records take: what is behind them is cut off before anything is appended.
  public var wholeBytes: Int
  /// A last record that was not wholly written, or is damaged: to be kept beside the journal. It may have been an intent.
  public var torn: [UInt8]

  /// - Throws: `JournalDamage` where a record that others follow is not as it was written. A journal is then not to be trusted at all.
  public init(_ bytes: [UInt8]) throws(JournalDamage) {
    records = []
    lastDigest = .beforeFirst
    wholeBytes = 0
    torn = []
    while wholeBytes < bytes.count {
      let end = bytes[wholeBytes...].firstIndex(of: 0x0A)
      let isLast = end == nil || end == bytes.count - 1
      if let end, let (record, digest) = JournalRecord.opened(bytes[wholeBytes..<end]) {
        try follow(record)
        records.append(record)
        lastDigest = digest
        wholeBytes = end + 1
      } else if isLast, !JournalRecord.beginsWithWholeRecord(bytes[wholeBytes...]) {
        torn = Array(bytes[wholeBytes...])
        return
      } else {
        throw JournalDamage(record: records.count + 1, kind: .changed)
      }
    }
  }

  private func follow(_ record: JournalRecord) throws(JournalDamage) {
    let number = records.count + 1
    guard record.seq == number, record.prev == lastDigest else { throw JournalDamage(record: number, kind: .doesNotFollow) }
    guard case .runStarted(let start) = record.event else { return }
    guard start.formatVersion <= RunStarted.currentFormat else {
      throw JournalDamage(record: number, kind: .newerFormat(start.formatVersion))
    }
  }
}

/// A journal that cannot be trusted, or not be understood.
public struct JournalDamage: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The bytes are not those that were written.
    case changed
    /// A whole record, but not the one that comes after its predecessor: something was removed, inserted or moved.
    case doesNotFollow
    case newerFormat(Int)
    /// A whole record that says what could not have happened.
    case illegal(String)
    /// There is no record at all: the run never began, so nothing was done.
    case empty
  }
  /// Counted from 1, as in the record's `seq` and as the line in the file.
  public var record: Int
  public var kind: Kind
  public init(record: Int, kind: Kind) {
    self.record = record
    self.kind = kind
  }

  public var code: String {
    switch kind {
    case .changed, .doesNotFollow, .illegal: "journal-damaged"
    case .newerFormat: "journal-too-new"
    case .empty: "journal-empty"
    }
  }

  public var description: String {
    switch kind {
    case .changed: "record \(record) of the journal was changed after it was written: its digest does not match its text"
    case .doesNotFollow: "record \(record) of the journal does not follow the one before it: records were removed, inserted or moved"
    case .newerFormat(let version): "the journal has format \(version), this sie-dr reads formats up to \(RunStarted.currentFormat)"
    case .illegal(let why): "record \(record) of the journal says what cannot have happened: \(why)"
    case .empty: "the journal holds no whole record: the run never began, and nothing was done"
    }
  }

  /// What to do next.
  public var helps: [String] {
    switch kind {
    case .changed, .doesNotFollow, .illegal:
      [
        "restore the journal from a copy, or go through the steps before record \(record) by hand",
        "the run is not resumed from a journal that cannot be trusted",
      ]
    case .newerFormat: ["use the sie-dr that wrote it, or a newer one"]
    case .empty: ["run `sie-dr apply` again"]
    }
  }
}
