internal import Concurrency
internal import Glibc
internal import ObjectStore

/// A regular file open for reading: what is replaced or deleted meanwhile is read on as it was.
final class ReadableFile: Sendable {
  private let descriptor: Int32

  init(_ name: String, in folder: borrowing Folder) throws(FileFailure) {
    // O_NONBLOCK: a pipe that somebody put there must not hold us up.
    descriptor = openat(folder.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw errno == ELOOP ? .symbolicLink : .last }
    // From here on `deinit` closes it, also where this throws.
    var found = stat()
    guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else { throw .system(code: ENOENT) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Up to 1 MiB from where the last read ended; empty at the end.
  func read() throws(FileFailure) -> [UInt8] {
    var code: Int32 = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
      var result = 0
      repeat { result = Glibc.read(descriptor, buffer.baseAddress, buffer.count) } while result < 0 && errno == EINTR
      if result < 0 { code = errno }
      count = max(0, result)
    }
    guard code == 0 else { throw .system(code: code) }
    return chunk
  }
}

actor DirectoryDownload: ObjectDownload {
  private let place: Place
  private let key: ObjectKey
  private let pool: BlockingPool
  private var file: ReadableFile?

  init(place: Place, key: ObjectKey, file: ReadableFile, pool: BlockingPool) {
    self.place = place
    self.key = key
    self.file = file
    self.pool = pool
  }

  func next() async throws(StoreError) -> [UInt8]? {
    guard let file else { return nil }
    let (place, key) = (place, key)
    let chunk = try await pool.run(abandonedAs: place.cancelled(key)) { () throws(StoreError) in
      do throws(FileFailure) { return try file.read() } catch { throw place.error(error, while: "reading it", key) }
    }
    if chunk.isEmpty { self.file = nil }
    return chunk.isEmpty ? nil : chunk
  }

  func close() { file = nil }
}

actor DirectoryUpload: ObjectUpload {
  private let place: Place
  private let key: ObjectKey
  private let pool: BlockingPool
  private let file: PendingFile
  private var isOpen = true

  init(place: Place, key: ObjectKey, file: PendingFile, pool: BlockingPool) {
    self.place = place
    self.key = key
    self.file = file
    self.pool = pool
  }

  func write(_ chunk: [UInt8]) async throws(StoreError) {
    try await step("writing it") { (file) throws(FileFailure) in try file.write(chunk) }
    isOpen = true
  }

  func finish() async throws(StoreError) {
    try await step("finishing it") { (file) throws(FileFailure) in try file.publish(ifAbsent: false) }
  }

  /// Waits at most ten seconds for a file system that does not answer; the file then goes as soon as it does.
  func abort() async {
    isOpen = false
    let (place, key, pool, file) = (place, key, pool, file)
    // A task of its own, since the caller's is often cancelled by now.
    await Task {
      try? await withDeadline(.seconds(10)) { try await pool.run(abandonedAs: place.cancelled(key)) { () throws(StoreError) in file.abort() } }
    }.value
  }

  /// Closes the upload for good unless the caller opens it again after success.
  private func step(
    _ doing: String, _ work: @escaping @Sendable (PendingFile) throws(FileFailure) -> Void
  ) async throws(StoreError) {
    guard isOpen else { throw StoreError(store: place.store, .other, key: key, "its upload is over, nothing more can be written") }
    isOpen = false
    let (place, key, file) = (place, key, file)
    try await pool.run(abandonedAs: place.cancelled(key)) { () throws(StoreError) in
      do throws(FileFailure) { try work(file) } catch { throw place.error(error, while: doing, key) }
    }
  }
}
