internal import CanonicalJSON
internal import ChangePlanning
internal import Concurrency
internal import Glibc
public import Journaling
public import ProviderInterface
internal import Units

/// Where runs are kept: `lock`, and `runs/RUN/journal.jsonl` for each run.
///
/// Everything that blocks is done on a thread of its own.
public struct StateDirectory: Sendable {
  public let path: String
  private let pool = BlockingPool(threads: 1)

  public init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

  public func journalPath(of run: RunID) -> String { "\(folder(of: run))/journal.jsonl" }

  /// All runs, oldest first. An empty list where there is no state directory yet.
  public func runs() async throws(EngineFailure) -> [RunID] {
    let runs = "\(path)/runs"
    do {
      return try await pool.run { () throws(SystemFailure) in try Folder.names(in: runs) }.map { RunID(rawValue: $0) }.filter(Self.isProper)
    } catch {
      if error.code == ENOENT { return [] }
      throw .stateUnusable(error)
    }
  }

  /// The journal of a run, only read: the run may be going on.
  public func journal(of run: RunID) async throws(EngineFailure) -> JournalText {
    let path = journalPath(of: run)
    let known = try await runs()
    guard known.contains(run) else { throw .noSuchRun(run, known: known) }
    let bytes: [UInt8]
    do {
      bytes = try await pool.run { () throws(SystemFailure) in try Descriptor(opening: path, O_RDONLY, to: "open the journal").readAll() }
    } catch {
      guard error.code == ENOENT else { throw .stateUnusable(error) }
      // Killed between making the folder and the journal in it.
      bytes = []
    }
    do { return try JournalText(bytes) } catch { throw .journalDamaged(run, error, path: path) }
  }

  /// The state of a run as its journal says it.
  public func state(of run: RunID) async throws(EngineFailure) -> RunState {
    let text = try await journal(of: run)
    do { return try RunState(replaying: text.records) } catch { throw .journalDamaged(run, error, path: journalPath(of: run)) }
  }

  /// Leaves a word for a run: whoever is at work on it takes it up, or whoever resumes it.
  public func leave(_ word: Word, for run: RunID) async throws(EngineFailure) {
    let known = try await runs()
    guard known.contains(run) else { throw .noSuchRun(run, known: known) }
    do { try await inbox(of: run).put(word) } catch { throw .stateUnusable(error) }
  }

  /// Who has the lock, or had it last.
  public func lockHolder() async -> LockHolder? {
    let path = path
    return await pool.run {
      (try? Descriptor(opening: "\(path)/lock", O_RDONLY, to: "read").readAll(atMost: 1 << 16)).flatMap { try? CanonicalJSON.decode(LockHolder.self, from: $0) }
    }
  }

  /// For whoever approves it elsewhere. A copy: the journal holds the changeset too.
  func keep(_ changeset: Changeset, of run: RunID) async throws(EngineFailure) {
    let path = "\(folder(of: run))/changeset.json"
    let kept = await attempt { try Descriptor(opening: path, O_CREAT | O_TRUNC | O_WRONLY, to: "write").write(CanonicalJSON.bytes(changeset) + [0x0A]) }
    if case .failure(let error) = kept { throw unusable(error) }
  }

  /// Held as long as the value lives: one process of a kind at a time, beside the runs. Throws `lockHeld` where another has it.
  public func reserve(_ name: String, as holder: LockHolder) async throws(EngineFailure) -> Reservation {
    let (folder, path) = ("\(self.path)/watch", "\(self.path)/watch/\(name).lock")
    let taken = await attempt { () throws -> Result<StateLock, StateLock.Held> in
      try Folder.make(folder)
      return try StateLock.take(path, as: holder)
    }
    switch taken {
    case .success(.success(let lock)): return Reservation(lock)
    case .success(.failure(let held)): throw .lockHeld(held.holder, path: path, now: holder.since)
    case .failure(let error): throw unusable(error)
    }
  }

  // MARK: For the engine

  func inbox(of run: RunID) -> Inbox { Inbox("\(folder(of: run))/inbox") }

  func lock(as holder: LockHolder) async throws(EngineFailure) -> StateLock {
    let path = self.path
    let taken = await attempt { () throws -> Result<StateLock, StateLock.Held> in
      try Folder.make(path)
      return try StateLock.take("\(path)/lock", as: holder)
    }
    switch taken {
    case .success(.success(let lock)): return lock
    case .success(.failure(let held)): throw .lockHeld(held.holder, path: path, now: holder.since)
    case .failure(let error): throw unusable(error)
    }
  }

  func createJournal(of run: RunID) async throws(EngineFailure) -> JournalFile {
    let (folder, path) = (folder(of: run), journalPath(of: run))
    let created = await attempt { () throws -> JournalFile in
      try Folder.make(folder)
      return try JournalFile.create(path, in: folder)
    }
    do { return try created.get() } catch { throw unusable(error) }
  }

  func reopenJournal(of run: RunID) async throws(EngineFailure) -> (file: JournalFile, text: JournalText) {
    let known = try await runs()
    guard known.contains(run) else { throw .noSuchRun(run, known: known) }
    let (folder, path) = (folder(of: run), journalPath(of: run))
    let opened = await attempt { try JournalFile.reopen(path, in: folder) }
    do { return try opened.get() } catch let damage as JournalDamage {
      throw .journalDamaged(run, damage, path: path)
    } catch { throw unusable(error) }
  }

  private func attempt<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async -> Result<Value, any Error> {
    await pool.run { Result { try work() } }
  }

  private func unusable(_ error: any Error) -> EngineFailure {
    .stateUnusable(error as? SystemFailure ?? SystemFailure("use the state directory", path, code: EIO))
  }

  private func folder(of run: RunID) -> String { "\(path)/runs/\(run)" }

  /// A run's name becomes part of a path.
  private static func isProper(_ run: RunID) -> Bool { !run.rawValue.hasPrefix(".") && !run.rawValue.contains("/") }
}

/// What one process has reserved in a state directory, until it ends.
public final class Reservation: Sendable {
  private let lock: StateLock
  init(_ lock: StateLock) { self.lock = lock }
  deinit { lock.release() }
}
