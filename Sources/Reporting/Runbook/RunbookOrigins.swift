internal import PlanModel
internal import Units

extension DataClass {
  /// For the classification: how often it is backed up, how long that is kept, and where; of all that makes no points in runs.
  var otherRows: [[String]] {
    var rows = continuous.map { protection -> [String] in
      switch protection.method {
      case .wal(let archiving): ["all the time, a base backup every \(archiving.base.value.rounded)", Self.kept(archiving.keep), Self.names(archiving.stores.map(\.value.rawValue))]
      case .replica(let replication): ["all the time, at most \(replication.lag.value.rounded) behind", "", "`\(replication.server.value)`, a replica"]
      case .managed(let database):
        ["every \(database.every.value.rounded), as its provider promises", Self.kept(database.keep), Self.names(database.sites.map(\.value.rawValue))]
      }
    }
    if let git { rows.append(["each push", "for ever", "its host" + git.mirrors.map { ", `\($0.name.value)`" }.joined()]) }
    if let derivation { rows.append([derivation.rebuild == nil ? "none" : "none: rebuilt", "", "made from `\(derivation.source.value)`"]) }
    if ephemeral != nil { rows.append(["none: may be lost", "", "nowhere"]) }
    return rows
  }

  private static func kept(_ span: Located<TimeSpan>?) -> String { span?.value.rounded ?? "for ever" }
  private static func names(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }
}
