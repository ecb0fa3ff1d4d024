public import Units

/// Below which share of the last good point's rows or bytes a point is suspect, where the plan does not say.
public let usualSuspectBelow = 10

/// Why a point is not to be trusted by itself, or nil: a backup that holds far less than the last good one is more often an accident than a
/// purge, and a person says which. `percent` of zero: never.
///
/// From few rows or bytes little can be told, so those of a very small point are not compared; but none where there were some is always
/// suspect.
public func suspicion(rows: Int64, rawBytes: ByteCount, after last: PointManifest?, below percent: Int) -> String? {
  guard let last, percent > 0 else { return nil }
  func isFarLess(_ now: Int64, than before: Int64, atLeast floor: Int64) -> Bool { before >= floor && now < before / 100 * Int64(percent) + before % 100 * Int64(percent) / 100 }
  let before = "where the last good point, \(last.id), holds"
  if rows == 0, last.rows > 0 { return "holds no rows \(before) \(last.rows)" }
  if isFarLess(rows, than: last.rows, atLeast: 100) { return "holds \(rows) rows \(before) \(last.rows)" }
  if isFarLess(rawBytes.bytes, than: last.rawBytes.bytes, atLeast: 1_000_000) { return "holds \(rawBytes.rounded) \(before) \(last.rawBytes.rounded)" }
  return nil
}
