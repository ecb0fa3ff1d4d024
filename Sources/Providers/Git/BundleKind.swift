internal import CanonicalJSON
internal import Diagnostics
internal import Hashing
internal import ObjectStore
public import PlanModel
public import ProviderInterface
internal import RecoveryPoints
public import Units

/// `git.bundle`: all references of a repository as one file in a store.
public enum GitBundle: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var from: InputValue
    public var store: StoreReference
    /// By which it is found in the store.
    public var name: String
  }

  public static let name: StepKindName = "git.bundle"
  public static let summary = "Writes all references of a repository into a store, as one file that needs no host to be cloned from."
  public static let fields = [
    Field("from", .input, required: true, "The URL or folder of the repository; a relative folder counts from that of the plan file. A login stands in the URL, and the URL in a secret."),
    Field("to", .name(of: "store"), required: true, "Where the bundle is written: as `_bundles/NAME/…`, with its references and its SHA-256 beside it."),
    Field("name", .text, "The bundle's NAME in the store, for `git.checkout: { from: \"bundle://STORE/NAME\" }`; the last part of the URL, or the secret's name, if not given."),
  ]
  public static let outputs = ["bundle": "what `git.checkout` takes as `from`: `bundle://STORE/NAME`", "sha256": "the checksum of the file"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let from = fields.repository("from", in: context.plan)
    let to: Located<StoreName>? = fields.requiredText("to", example: "STORE").map { $0.map { StoreName(rawValue: $0) } }
    let name = fields.text("name")
    if let name, !BundlePlace.isName(name.value) {
      fields.collector.add(Diagnostic("wrong-value", "`name` of \(fields.what) is `\(name.value)`", at: name.span, label: "expected letters, digits, `-`, `_` and `.`, beginning with a letter or digit"))
      return nil
    }
    guard let from, let to else { return nil }
    if let unknown = unknownReference(to, "store", among: context.plan.stores.map(\.name)) { fields.collector.add(unknown); return nil }
    guard let store = context.plan.reference(to: to.value) else { return nil }
    return Arguments(from: from, store: store, name: name?.value ?? Repository.shortName(from))
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: [.named("git:\(arguments.from.resourceName)")], writes: [.named("bundles:\(arguments.name)@\(arguments.store.name)")],
      requires: arguments.from.requirements.union([.store(arguments.store.name)]))
  }

  /// A bundle that was written stays: it is good whatever happens to the run.
  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  static let newest = "newest"
  static let isSame = "isSame"

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    switch observation.reach {
    case .unreachable(let reason): return Change(.unknown, reason: "could not be observed: \(reason)")
    case .nothingToObserve: return Change(.unknown, reason: "an earlier step says which repository")
    case .observed: break
    }
    guard let newest = observation.facts[newest]?.string else { return Change(.create, reason: "there is no bundle `\(arguments.name)` in `\(arguments.store.name)` yet") }
    if observation.facts[isSame]?.bool == true { return Change(.none, reason: "the bundle \(newest) in `\(arguments.store.name)` has the same references") }
    return Change(.create, reason: "the newest bundle in `\(arguments.store.name)`, \(newest), has other references")
  }
}

/// What stands beside a bundle in its store. Written last: without it there is no bundle.
struct BundleManifest: Codable, Hashable, Sendable {
  var format = 1
  var id: PointID
  var name: String
  /// For people; without a login.
  var source: String
  var made: Timestamp
  var mark: String
  var references: References
  var size: ByteCount
  var sha256: SHA256Digest
}

/// Where bundles of a name lie in a store. No data class has a name that begins with `_`.
struct BundlePlace: Sendable {
  let name: String
  var prefix: String { "_bundles/\(name)/" }

  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 100 else { return false }
    func isLetter(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    return isLetter(first) && text.utf8.allSatisfy { isLetter($0) || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains($0) }
  }

  func key(_ id: PointID, _ suffix: String, in store: String) throws(StoreError) -> ObjectKey {
    guard let key = ObjectKey("\(prefix)\(id).\(suffix)") else { throw StoreError(store: store, .other, "'\(prefix)\(id)' is no name of an object") }
    return key
  }

  /// All manifests, newest first; what cannot be read is none.
  func manifests(in store: any ObjectReading) async throws(StoreError) -> [BundleManifest] {
    var found: [BundleManifest] = []
    for info in try await store.listAll(prefix: prefix).reversed() where info.key.path.hasSuffix(".json") {
      if let manifest = try await read(info.key, in: store) { found.append(manifest) }
    }
    return found
  }

  /// The newest; nil: there is none.
  func newest(in store: any ObjectReading) async throws(StoreError) -> BundleManifest? {
    for info in try await store.listAll(prefix: prefix).reversed() where info.key.path.hasSuffix(".json") {
      if let manifest = try await read(info.key, in: store) { return manifest }
    }
    return nil
  }

  private func read(_ key: ObjectKey, in store: any ObjectReading) async throws(StoreError) -> BundleManifest? {
    let manifest = try? CanonicalJSON.decode(BundleManifest.self, from: try await store.read(key))
    return manifest?.name == name && manifest?.format == 1 ? manifest : nil
  }
}
