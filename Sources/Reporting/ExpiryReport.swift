internal import CanonicalJSON
internal import ObjectStore
public import PlanModel
public import RecoveryPoints
public import Units

/// What becomes of every point of a data class, in each store that holds it.
public struct JudgedPoints: Sendable {
  public struct Line: Sendable {
    public var store: String
    public var point: RecoveryPoint
    public var decision: RetentionDecision
  }
  public var dataClass: DataClassName
  /// By store, newest first.
  public var lines: [Line]
  public var unreachable: [String]
  /// What is left of points whose removal was cut short.
  public var remains: [String]
  public var expires: Bool { !remains.isEmpty || lines.contains { $0.decision.expires } }

  /// `failedRun` is the protection's last run if it did not end well.
  public init(_ dataClass: DataClassName, _ catalogue: Catalogue, _ protections: [(protection: Protection, failedRun: String?)], now: Timestamp) {
    self.dataClass = dataClass
    unreachable = catalogue.unreachable.map(\.description)
    remains = catalogue.findings.filter { $0.kind == .expired }.map(text)
    let stores = catalogue.points.flatMap(\.stores).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    lines = stores.flatMap { store in
      let judged = protections.flatMap { protection, failedRun -> [(point: RecoveryPoint, decision: RetentionDecision)] in
        let isItsStore = ([protection.store] + protection.copies).contains { $0.value.rawValue == store }
        guard isItsStore, let keep = protection.keep else { return [] }
        return catalogue.retention(
          of: protection.name.value, in: store, keepFor: keep.duration.value, atLeast: keep.atLeast, heldBack: failedRun.map { .afterFailedRun($0) }, now: now)
      }
      let decisions = Dictionary(judged.map { ($0.point.manifest.id, $0.decision) }) { first, _ in first }
      return catalogue.points.filter { $0.stores.contains(store) }.map {
        Line(store: store, point: $0, decision: decisions[$0.manifest.id] ?? .keep(.noRetention))
      }
    }
  }
}

/// What would be removed, and why each other point stays.
public func expiryReport(_ classes: [JudgedPoints], now: Timestamp, as format: OutputFormat, _ style: TextStyle) throws -> String {
  if format == .json {
    struct Line: Encodable { var dataClass, store, point: String; var consistentAt: Timestamp; var expires: Bool; var code, reason: String }
    struct Report: Encodable { var formatVersion = 1; var points: [Line]; var unreachable: [String] }
    let lines = classes.flatMap { judged in
      judged.lines.map {
        let manifest = $0.point.manifest
        return Line(
          dataClass: judged.dataClass.rawValue, store: $0.store, point: manifest.id.text, consistentAt: manifest.consistentAt, expires: $0.decision.expires,
          code: $0.decision.code, reason: $0.decision.reason)
      }
    }
    return try CanonicalJSON.prettyText(Report(points: lines, unreachable: classes.flatMap(\.unreachable)))
  }
  return classes.map { judged in
    var table = Table(("point", .left), ("in", .left), ("age", .right), ("stored", .right), ("", .left), ("", .left))
    table.rows = judged.lines.map { line in
      let manifest = line.point.manifest
      return [
        manifest.id.text, line.store, (now - manifest.consistentAt).rounded, manifest.storedBytes.rounded, line.decision.expires ? "expires" : "stays", line.decision.reason,
      ]
    }
    let points = judged.lines.isEmpty ? "  no recovery points\n" : (format == .markdown ? table.markdown() : table.text(style))
    return style.paint(judged.dataClass.rawValue, .bold) + "\n" + points + (judged.unreachable + judged.remains).map { "  ! \($0)\n" }.joined()
  }.joined(separator: "\n") + "\n" + total(classes.flatMap(\.lines).filter(\.decision.expires))
}

private func total(_ expired: [JudgedPoints.Line]) -> String {
  let bytes = expired.reduce(ByteCount.zero) { $0 + $1.point.manifest.storedBytes }
  return switch expired.count {
  case 0: "nothing has expired\n"
  case 1: "one copy of a point has expired, \(bytes.rounded)\n"
  default: "\(expired.count) copies of points have expired, \(bytes.rounded)\n"
  }
}

extension RetentionDecision {
  /// Stable, for scripts.
  var code: String {
    switch self {
    case .expire: "expired"
    case .keep(.younger): "younger"
    case .keep(.newestGood): "newest"
    case .keep(.amongLastGood): "at-least"
    case .keep(.fromTheFuture): "from-the-future"
    case .keep(.held): "held"
    case .keep(.awaitsJudgement): "suspect"
    case .keep(.unreachable): "unreachable"
    case .keep(.afterFailedRun): "after-failed-run"
    case .keep(.noRetention): "no-retention"
    }
  }

  var reason: String {
    switch self {
    case .expire(let age): "\(age.rounded) old"
    case .keep(.younger(let span)): "younger than \(span.rounded)"
    case .keep(.newestGood): "the newest usable point always stays"
    case .keep(.amongLastGood(let count)): "among the newest \(count) usable points"
    case .keep(.fromTheFuture): "its time lies in the future: look at the clocks"
    case .keep(.held(let note)): "held " + note.text
    case .keep(.awaitsJudgement): "suspect, and newer than every usable point: waits for `points accept`"
    case .keep(.unreachable(let store)): "the store `\(store)` does not answer: a hold may stand there"
    case .keep(.afterFailedRun(let run)): "the last run, \(run), did not bring its point into every store"
    case .keep(.noRetention): "no protection of the plan says how long it is kept"
    }
  }
}

extension PointNote {
  /// `by ann since 2026-11-24T08:15:34Z: the incident of today`, on one line, and without what a terminal would obey: anybody who may write
  /// to the store may have written it.
  var text: String {
    let words = "by \(who) since \(at)" + (reason.isEmpty ? "" : ": \(reason)")
    return String(String.UnicodeScalarView(words.unicodeScalars.map { [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory) ? " " : $0 }))
  }
}
