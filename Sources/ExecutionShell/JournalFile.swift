internal import Glibc
public import Journaling

/// A journal's file: opened for appending, flushed to the disk with every `sync`. The lock on the state directory covers it.
public struct JournalFile: AppendOnlyFile, Sendable {
  private let descriptor: Descriptor

  /// A new file; its name is durable when this returns.
  static func create(_ path: String, in folder: String) throws(SystemFailure) -> JournalFile {
    let descriptor = try Descriptor(opening: path, O_CREAT | O_EXCL | O_RDWR | O_APPEND, to: "create the journal")
    try descriptor.sync()
    try Folder.sync(folder)
    return JournalFile(descriptor: descriptor)
  }

  /// Reads what is there. A torn last record is first kept beside the journal and then cut off.
  static func reopen(_ path: String, in folder: String) throws -> (file: JournalFile, text: JournalText) {
    let descriptor = try Descriptor(opening: path, O_RDWR | O_APPEND, to: "open the journal")
    let text = try JournalText(descriptor.readAll())
    if !text.torn.isEmpty {
      let beside = "\(path).\(text.records.count + 1).torn"
      let kept = try Descriptor(opening: beside, O_CREAT | O_WRONLY | O_APPEND, to: "keep the torn record in")
      try kept.write(text.torn)
      try kept.sync()
      try Folder.sync(folder)
      try descriptor.truncate(to: text.wholeBytes)
      try descriptor.sync()
    }
    return (JournalFile(descriptor: descriptor), text)
  }

  public func append(_ bytes: [UInt8]) throws { try descriptor.write(bytes) }
  public func sync() throws { _ = try systemCall("make durable", descriptor.path) { Int(fdatasync(descriptor.number)) } }
}
