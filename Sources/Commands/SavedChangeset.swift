internal import CanonicalJSON
internal import ChangePlanning

/// A changeset as `plan --out` wrote it.
enum SavedChangeset {
  static func read(_ bytes: [UInt8], from file: String) throws(CommandFailure) -> Changeset {
    let changeset: Changeset
    do { changeset = try CanonicalJSON.decode(Changeset.self, from: bytes) } catch {
      throw CommandFailure("not-a-changeset", "\(file) is no changeset of this version of sie-dr", helps: ["make one with `sie-dr plan PLAN --out \(file)`"])
    }
    guard changeset.formatVersion == Changeset.currentFormat, (try? changeset.computedDigest()) == changeset.digest else {
      throw CommandFailure(
        "changeset-altered", "\(file) is not what was planned: its digest does not fit its contents",
        details: ["it was changed by hand, or made by a version of sie-dr with another format"], helps: ["plan again with `sie-dr plan PLAN --out \(file)`"])
    }
    return changeset
  }
}
