public import Units

/// The name of an object in a store: `/`-separated parts, relative to the store's own prefix.
///
/// Parts are never empty, `.` or `..`, and hold no control characters, so that a directory store cannot be led out of its folder.
/// Two keys are equal if their UTF-8 bytes are: unlike `String`, composed and decomposed letters make different keys, as in every store.
public struct ObjectKey: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public let path: String

  public init?(_ path: String) {
    guard !path.isEmpty, path.utf8.count <= 900,
      path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
      path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.path = path
  }
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let key = ObjectKey(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not an object key"))
    }
    self = key
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(path)
  }
  public var description: String { path }
  public static func == (a: Self, b: Self) -> Bool { a.path.utf8.elementsEqual(b.path.utf8) }
  public func hash(into hasher: inout Hasher) { for byte in path.utf8 { hasher.combine(byte) } }
  /// Whether the key begins with `prefix`, byte for byte.
  public func hasPrefix(_ prefix: String) -> Bool { path.utf8.starts(with: prefix.utf8) }
  /// Order of UTF-8 bytes, as object stores list.
  public static func < (a: Self, b: Self) -> Bool { a.path.utf8.lexicographicallyPrecedes(b.path.utf8) }
}

/// What a store says of an object without reading it.
public struct ObjectInfo: Hashable, Sendable {
  public var key: ObjectKey
  public var size: ByteCount
  public var modified: Timestamp
  public init(key: ObjectKey, size: ByteCount, modified: Timestamp) { self.key = key; self.size = size; self.modified = modified }
}

public struct ObjectPage: Sendable {
  public var objects: [ObjectInfo]
  /// Pass as `after` to go on; nil at the end.
  public var next: ObjectKey?
  public init(objects: [ObjectInfo], next: ObjectKey?) { self.objects = objects; self.next = next }
}

/// Why a store did not do what was asked. `store` is the store's name in the plan; `detail` is for people and holds no secret.
public struct StoreError: Error, Hashable, Sendable {
  public enum Reason: String, Hashable, Sendable, Codable {
    case notFound, alreadyExists, noSpace, denied, unreachable, damaged, timedOut, cancelled, other
    /// The object is encrypted, and the key at hand is none of its keys; or the program for it is not installed; or it failed.
    case sealed, toolMissing, toolFailed
  }
  public var store: String
  public var reason: Reason
  public var key: ObjectKey?
  public var detail: String
  public init(store: String, _ reason: Reason, key: ObjectKey? = nil, _ detail: String) {
    self.store = store; self.reason = reason; self.key = key; self.detail = detail
  }
}

extension StoreError: CustomStringConvertible {
  public var description: String { "store '\(store)'" + (key.map { ", object '\($0)'" } ?? "") + ": \(detail)" }
}

/// The reading half of a store: all that `lint`, `plan` and `points` can get hold of.
public protocol ObjectReading: Sendable {
  /// The store's name in the plan.
  var name: String { get }
  /// Objects whose key begins with `prefix` (an empty text: all), in key order, at most `limit` of them.
  func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage
  func info(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo
  /// Opens an object for reading from its beginning.
  func open(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload
  /// The store itself, of one that stands in front of another: what a store that copies by itself must know of the other.
  var origin: any ObjectReading { get }
}

extension ObjectReading {
  public var origin: any ObjectReading { self }
}

/// What a store says of a copy that it has made by itself.
public struct StoreCopy: Hashable, Sendable {
  public var size: ByteCount
  /// The SHA-256, in base64, that the store has made of the bytes while it copied them; nil: who wants to be sure has to read them.
  public var sha256: String?
  public init(size: ByteCount, sha256: String?) { self.size = size; self.sha256 = sha256 }
}

/// The whole door. An object is there whole, or not at all; once `put`, `finish` or `delete` has returned its effect survives a power cut.
///
/// A call that throws may have taken effect all the same (the reply was lost, or the caller was cancelled meanwhile), but never by half.
/// Whether `a` may lie beside `a/b` is the store's matter: object stores take both, a directory store refuses the second with words.
public protocol ObjectStore: ObjectReading {
  /// A small object in one go. With `ifAbsent`, an existing object is left as it is and `alreadyExists` is thrown.
  func put(_ key: ObjectKey, _ bytes: [UInt8], ifAbsent: Bool) async throws(StoreError)
  /// A large object in chunks; nothing is visible under `key` before `finish`, which replaces an object that is there.
  func upload(_ key: ObjectKey) async throws(StoreError) -> any ObjectUpload
  /// Copies an object of another store, or of this one, without its bytes passing through this program; replaces what is there. Nil: the
  /// store cannot, or refuses, and whoever wants the copy sends the bytes; what is under the key then is not to be trusted.
  func copy(_ key: ObjectKey, from source: any ObjectReading, _ original: ObjectKey) async throws(StoreError) -> StoreCopy?
  /// Deleting what is not there is no error.
  func delete(_ key: ObjectKey) async throws(StoreError)
  /// Removes what uploads under a prefix have left that were neither finished nor aborted, because their program was killed. The caller
  /// knows that none of them lives: finishing one afterwards fails.
  func discardUploads(prefix: String) async throws(StoreError)
  /// The keys of uploads under a prefix that are neither finished nor aborted: living ones, and what killed programs have left. Also of a
  /// killed `put`, where one can leave something. A very long key may be cut short.
  func openUploads(prefix: String) async throws(StoreError) -> [ObjectKey]
}

extension ObjectStore {
  public func copy(_: ObjectKey, from _: any ObjectReading, _: ObjectKey) async throws(StoreError) -> StoreCopy? { nil }
  /// Of a store whose `put` is one request that leaves all or nothing: whoever puts an object before the first upload is found by that.
  public func openUploads(prefix _: String) async throws(StoreError) -> [ObjectKey] { [] }
}

/// Call `next` until it returns nil, then `close`; or `close` early.
public protocol ObjectDownload: Sendable {
  /// The next chunk (never empty, at most 1 MiB), or nil at the end.
  func next() async throws(StoreError) -> [UInt8]?
  func close() async
}

/// Call `write` as often as needed, one call at a time, then either `finish` or `abort`. After a call has thrown only `abort` is left.
public protocol ObjectUpload: Sendable {
  func write(_ chunk: [UInt8]) async throws(StoreError)
  func finish() async throws(StoreError)
  /// Leaves no trace of an unfinished upload; does nothing to a finished one. Works in a cancelled task too.
  func abort() async
}

extension ObjectReading {
  /// A small object whole; `damaged` if it is larger than `limit`.
  public func read(_ key: ObjectKey, limit: ByteCount = ByteCount(bytes: 64 << 20)) async throws(StoreError) -> [UInt8] {
    let download = try await open(key)
    var bytes: [UInt8] = []
    do throws(StoreError) {
      while let chunk = try await download.next() {
        bytes += chunk
        guard bytes.count <= limit.bytes else {
          throw StoreError(store: name, .damaged, key: key, "larger than \(limit.rounded), which no object of this kind is")
        }
      }
    } catch {
      await download.close()
      throw error
    }
    await download.close()
    return bytes
  }

  /// Every object under a prefix, page by page.
  public func listAll(prefix: String) async throws(StoreError) -> [ObjectInfo] {
    var all: [ObjectInfo] = []
    var after: ObjectKey?
    repeat {
      let page = try await list(prefix: prefix, after: after, limit: 1_000)
      all += page.objects
      after = page.next
    } while after != nil
    return all
  }
}
