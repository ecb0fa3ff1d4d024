internal import CanonicalJSON
internal import ObjectStore
public import PlanModel
public import RecoveryPoints
public import Units

extension Catalogue {
  /// Whether something is there that cannot be trusted.
  public var hasDamage: Bool { findings.contains { if case .damaged = $0.kind { true } else { false } } }
}

/// Recovery points by data class, newest first.
public func pointsReport(
  _ catalogues: [(dataClass: DataClassName, catalogue: Catalogue)], now: Timestamp, as format: OutputFormat, _ style: TextStyle
) throws -> String {
  if format == .json {
    struct Line: Encodable { var manifest: PointManifest; var stores: [String]; var hold, acceptance: PointNote? }
    struct Report: Encodable { var formatVersion = 1; var points: [Line] }
    return try CanonicalJSON.prettyText(
      Report(points: catalogues.flatMap(\.catalogue.points).map { Line(manifest: $0.manifest, stores: $0.stores, hold: $0.hold, acceptance: $0.acceptance) }))
  }
  return catalogues.map { dataClass, catalogue in
    var table = Table(("point", .left), ("consistent at", .left), ("age", .right), ("rows", .right), ("data", .right), ("stored", .right), ("in", .left), ("", .left))
    table.rows = catalogue.points.map { point in
      let manifest = point.manifest
      return [
        manifest.id.text, manifest.sigma?.description ?? "unknown", (now - manifest.consistentAt).rounded, String(manifest.rows), manifest.rawBytes.rounded,
        manifest.storedBytes.rounded, point.stores.joined(separator: ", "), words(point).map { "\($0.0): \($0.1)" }.joined(separator: "; "),
      ]
    }
    let points = catalogue.points.isEmpty ? "  no recovery points\n" : (format == .markdown ? table.markdown() : table.text(style))
    let notes = catalogue.unreachable.map { "  ! \($0)\n" } + catalogue.findings.map { "  ! \(text($0))\n" }
    return style.paint(dataClass.rawValue, .bold) + "\n" + points + notes.joined()
  }.joined(separator: "\n")
}

/// What is said of a point besides its contents.
private func words(_ point: RecoveryPoint) -> [(String, String)] {
  var words: [(String, String)] = []
  if let suspect = point.manifest.suspect { words.append((point.acceptance == nil ? "suspect" : "was suspect", suspect)) }
  if let acceptance = point.acceptance { words.append(("accepted", acceptance.text)) }
  if let hold = point.hold { words.append(("held", hold.text)) }
  return words
}

func text(_ finding: Catalogue.Finding) -> String {
  switch finding.kind {
  case .expired: "\(finding.place.id) in `\(finding.store)` has expired and is being removed; if that was cut short, the next expiry finishes it"
  case .unfinished: "\(finding.place.id) in `\(finding.store)` is not finished: a backup is under way, or one died"
  case .damaged(let why): "\(finding.place.id) in `\(finding.store)`: \(why)"
  }
}

/// One recovery point in full.
public func pointReport(_ point: RecoveryPoint, now: Timestamp, as format: OutputFormat, _ style: TextStyle) throws -> String {
  let manifest = point.manifest
  if format == .json {
    var members = try CanonicalJSON.value(manifest).object ?? [:]
    members["hold"] = try point.hold.map { try CanonicalJSON.value($0) }
    members["acceptance"] = try point.acceptance.map { try CanonicalJSON.value($0) }
    return try CanonicalJSON.prettyText(JSONValue.object(members))
  }
  var table = Table(("", .left), ("", .left))
  table.rows = [
    ["data class", "\(manifest.dataClass), protection `\(manifest.protection)`, method \(manifest.method)"],
    ["consistent at", (manifest.sigma?.description ?? "unknown") + ", \((now - manifest.consistentAt).rounded) ago"],
    ["available since", manifest.available.description],
    ["in", point.stores.joined(separator: ", ")],
    ["holds", "\(manifest.rows) rows, \(manifest.rawBytes.rounded) of data, \(manifest.storedBytes.rounded) stored in \(manifest.objects.count) objects"],
    ["made by", "\(manifest.mark), sie-dr \(manifest.toolVersion), plan `\(manifest.plan)`"],
  ]
  if let encryption = manifest.encryption { table.rows.append(["encrypted", "by \(encryption.method) to \(encryption.recipients.joined(separator: ", "))"]) }
  table.rows += words(point).map { [$0.0, $0.1] }
  table.rows.append(["by hand", "\(manifest.place.prefix)\(PointPlace.instructions) says how, with stock tools alone; `--commands` prints it, and how to fetch the objects"])
  return style.paint(manifest.id.text, .bold) + "\n" + table.text(style).split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
}
