internal import CanonicalJSON
internal import ChangePlanning

/// The changeset itself: what `plan --out` writes and `apply` takes.
func planJSON(_ changeset: Changeset) throws -> String { try CanonicalJSON.prettyText(changeset) }
