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
    struct Line: Encodable { var manifest: PointManifest; var stores: [String] }
    struct Report: Encodable { var formatVersion = 1; var points: [Line] }
    return try CanonicalJSON.prettyText(Report(points: catalogues.flatMap(\.catalogue.points).map { Line(manifest: $0.manifest, stores: $0.stores) }))
  }
  return catalogues.map { dataClass, catalogue in
    var table = Table(("point", .left), ("consistent at", .left), ("age", .right), ("rows", .right), ("data", .right), ("stored", .right), ("in", .left), ("", .left))
    table.rows = catalogue.points.map { point in
      let manifest = point.manifest
      return [
        manifest.id.text, manifest.sigma?.description ?? "unknown", (now - manifest.consistentAt).rounded, String(manifest.rows), manifest.rawBytes.rounded,
        manifest.storedBytes.rounded, point.stores.joined(separator: ", "), manifest.suspect.map { "suspect: \($0)" } ?? "",
      ]
    }
    let points = catalogue.points.isEmpty ? "  no recovery points\n" : (format == .markdown ? table.markdown() : table.text(style))
    let notes = catalogue.unreachable.map { "  ! \($0)\n" } + catalogue.findings.map { "  ! \(text($0))\n" }
    return style.paint(dataClass.rawValue, .bold) + "\n" + points + notes.joined()
  }.joined(separator: "\n")
}

private func text(_ finding: Catalogue.Finding) -> String {
  switch finding.kind {
  case .unfinished: "\(finding.place.id) in `\(finding.store)` is not finished: a backup is under way, or one died"
  case .damaged(let why): "\(finding.place.id) in `\(finding.store)`: \(why)"
  }
}

/// One recovery point in full.
public func pointReport(_ point: RecoveryPoint, now: Timestamp, as format: OutputFormat, _ style: TextStyle) throws -> String {
  let manifest = point.manifest
  if format == .json { return try CanonicalJSON.prettyText(manifest) }
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
  if let suspect = manifest.suspect { table.rows.append(["suspect", suspect]) }
  table.rows.append(["by hand", "\(manifest.place.prefix)\(PointPlace.instructions) says how, with stock tools alone; `--commands` prints it, and how to fetch the objects"])
  return style.paint(manifest.id.text, .bold) + "\n" + table.text(style).split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
}
