internal import Concurrency
internal import ObjectStore

/// An object that is encrypted on its way into the store, by a task of its own.
final class SealedUpload: Sendable {
  private let plain = Handoff<[UInt8]>()
  private let upload: any ObjectUpload
  private let place: StoredPlace
  private let task: Task<PointObject, any Error>

  init(_ path: String, _ upload: any ObjectUpload, _ sealing: any ObjectSealing, _ place: StoredPlace) {
    self.upload = upload
    self.place = place
    task = Task { [plain] in
      let stored = StoredFilling(path, upload)
      do {
        try await sealing.seal(from: { try await plain.take() }, into: { try await stored.write($0) })
        return try await stored.finish()
      } catch {
        plain.end(.failure(error))
        throw error
      }
    }
  }

  deinit { task.cancel() }

  func write(_ chunk: [UInt8]) async throws(StoreError) {
    do { try await plain.give(chunk) } catch { throw place.error(error) }
  }

  func finish() async throws(StoreError) -> PointObject {
    plain.end()
    do {
      return try await withTaskCancellationHandler { [task] in try await task.value } onCancel: { [task] in task.cancel() }
    } catch { throw place.error(error) }
  }

  func abort() async {
    plain.end(.failure(CancellationError()))
    task.cancel()
    _ = await task.result
    await upload.abort()
  }
}

/// An object that is decrypted on its way out of the store, by a task of its own.
final class UnsealedDownload: Sendable {
  private let plain = Handoff<[UInt8]>()
  private let place: StoredPlace
  private let task: Task<Void, Never>

  init(_ stored: StoredDraining, _ unsealing: any ObjectUnsealing, _ place: StoredPlace) {
    self.place = place
    task = Task { [plain] in
      do {
        try await unsealing.unseal(from: { try await stored.next() }, into: { try await plain.give($0) })
        try await stored.proveRest()
        plain.end()
      } catch {
        plain.end(.failure(await stored.cause(of: error)))
      }
      await stored.close()
    }
  }

  deinit { task.cancel() }

  func next() async throws(StoreError) -> [UInt8]? {
    do { return try await plain.take() } catch { throw place.error(error) }
  }

  func close() async {
    plain.end(.failure(CancellationError()))
    task.cancel()
    await task.value
  }
}

/// Where an object lies, for messages.
struct StoredPlace: Sendable {
  var store: String
  var key: ObjectKey

  func error(_ error: any Error) -> StoreError {
    switch error {
    case let error as StoreError: return error
    case let error as SealingError:
      let reason: StoreError.Reason =
        switch error.reason {
        case .toolMissing: .toolMissing
        case .wrongKey: .sealed
        case .damaged: .damaged
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        case .other: .toolFailed
        }
      return StoreError(store: store, reason, key: key, error.detail)
    case is CancellationError: return StoreError(store: store, .cancelled, key: key, "the task was cancelled")
    default: return StoreError(store: store, .other, key: key, "\(error)")
    }
  }
}

private actor StoredFilling {
  private let upload: StoredUpload
  init(_ path: String, _ upload: any ObjectUpload) { self.upload = StoredUpload(path: path, upload: upload) }
  func write(_ chunk: [UInt8]) async throws(StoreError) { try await upload.write(chunk) }
  func finish() async throws(StoreError) -> PointObject { try await upload.finish() }
}

/// An object as it is stored, read by the task that decrypts it.
actor StoredDraining {
  private let download: StoredDownload
  private var isBroken = false

  init(_ object: PointObject, _ place: StoredPlace, _ download: any ObjectDownload) {
    self.download = StoredDownload(object, place.key, place.store, download)
  }

  func next() async throws(StoreError) -> [UInt8]? {
    do throws(StoreError) { return try await download.next() } catch {
      isBroken = true
      throw error
    }
  }

  func close() async { await download.close() }

  /// Whoever decrypts may know the end before the last byte was asked for; it is proved all the same.
  func proveRest() async throws(StoreError) { while try await next() != nil {} }

  /// A damaged object can look like one for another key, or make whoever decrypts give up in words of any kind, so it is read to its end first.
  func cause(of error: any Error) async -> any Error {
    guard let failure = error as? SealingError, [.wrongKey, .damaged, .other].contains(failure.reason), !isBroken, !Task.isCancelled else { return error }
    do throws(StoreError) { try await proveRest() } catch { return error }
    return failure
  }
}
