internal import CanonicalJSON
internal import ChildProcess
internal import Concurrency
internal import Hashing
internal import PointSteps
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// A dump on this host's disk.
struct DumpFile: Sendable {
  let path: String
  let host: MeilisearchHost

  /// Reads it through, unpacked by `gzip`, which checks its own sums. Gives the digest of the file's bytes too.
  func read(deadline: TimeSpan, told progress: TransferProgress) async throws(StepFailure) -> (contents: DumpContents, digest: SHA256Digest) {
    guard let file = FileReader(path) else { throw gone }
    let reading = Lock(Reading(reader: DumpReader(parse: Self.metadata)))
    let pool = BlockingPool(threads: 1)
    let command = ChildCommand("gzip", ["-dc"], environment: host.environment, deadline: deadline)
    let input = ChildInput.chunks {
      guard let chunk = try await pool.run({ () throws(FileReader.Failed) in try file.next() }) else { return nil }
      reading.withLock { $0.hasher.update(chunk) }
      progress.add(chunk.count)
      return chunk
    }
    let output: ChildOutput
    do {
      output = try await host.children.stream(command, input: input) { bytes in
        try reading.withLock { reading throws(DumpProblem) in try reading.reader.feed(bytes) }
      }
    } catch let problem as DumpProblem {
      throw damaged("\(problem)")
    } catch let failed as FileReader.Failed {
      throw StepFailure("dump-unreadable", "the dump \(path) cannot be read: \(failed)", helps: ["let the user that runs sie-dr read the server's dump folder"])
    } catch {
      throw StepFailure(ofPoint: error, doing: "reading the dump") ?? StepFailure("unexpected", "\(error)", details: ["while reading the dump"])
    }
    guard output.succeeded else { throw damaged("gzip says: \(output.errorOutput.split(whereSeparator: \.isNewline).last ?? "nothing")") }
    do throws(DumpProblem) {
      return try reading.withLock { reading throws(DumpProblem) in (try reading.reader.finish(), reading.hasher.finalize()) }
    } catch { throw damaged("\(error)") }
  }

  /// Copies it as it is into a store. Gives the object and the digest of the file's own bytes.
  func send(to upload: PointUpload, told progress: TransferProgress) async throws -> (object: PointObject, digest: SHA256Digest) {
    do {
      guard let file = FileReader(path) else { throw gone }
      let pool = BlockingPool(threads: 1)
      let hasher = SHA256Hasher()
      while let chunk = try await pool.run({ () throws(FileReader.Failed) in try file.next() }) {
        hasher.update(chunk)
        try await upload.write(chunk)
        progress.add(chunk.count)
      }
      return (try await upload.finish(), hasher.finalize())
    } catch {
      await upload.abort()
      throw error
    }
  }

  private struct Reading {
    var reader: DumpReader
    let hasher = SHA256Hasher()
  }

  private struct Metadata: Decodable { var dumpVersion: String; var dbVersion: String }

  @Sendable private static func metadata(_ bytes: [UInt8]) -> (format: String, version: String)? {
    (try? CanonicalJSON.decode(Metadata.self, from: bytes)).map { ($0.dumpVersion, $0.dbVersion) }
  }

  private var gone: StepFailure {
    StepFailure(
      "dump-not-here", "there is no dump \(path) that can be read here",
      details: ["Meilisearch 1.x serves no dump over HTTP: its folder must be reachable from the host where sie-dr runs"],
      helps: ["write as `dumps` of the server the folder of its `--dump-dir`: on this host, or mounted from there; the user of sie-dr must be able to read it"])
  }

  private func damaged(_ why: String) -> StepFailure {
    StepFailure("dump-damaged", "the dump \(path) is not whole: \(why)", details: ["it would not be imported"], helps: ["look at the server's disk and log; then run the step again"])
  }
}
