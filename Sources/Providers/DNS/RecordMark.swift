internal import CanonicalJSON
internal import DNSClient
internal import ProviderInterface
internal import Units

/// What a change leaves beside the record, as a `TXT` record at `_sie-dr.NAME`, put there by the very update that changes it: whose change it is, and
/// what was there before. So a run that was killed in between still finds out, and can take back, what it has done.
struct RecordMark: Codable, Hashable {
  /// Run and step; any attempt of theirs may go on.
  var by: String
  /// When the record was changed, by our clock.
  var at: Timestamp
  var former: FormerAnswer
  /// Whether whoever keeps the zone has said that the change is everywhere; nil: not that we know.
  var everywhere: Bool?

  static func owner(_ mark: StepMark) -> String { "\(mark.run).\(mark.step)" }
  static func place(_ name: DNSName) -> DNSName? { DNSName("_sie-dr")?.below(name) }
  /// Nobody asks for it but us.
  static let ttl: UInt32 = 60

  func confirmed() -> RecordMark {
    var mark = self
    mark.everywhere = true
    return mark
  }

  /// In texts as long as a record can hold.
  var data: DNSData {
    let bytes = (try? CanonicalJSON.bytes(self)) ?? []
    return .texts(stride(from: 0, to: max(1, bytes.count), by: 255).map { Array(bytes[min($0, bytes.count)..<min($0 + 255, bytes.count)]) })
  }

  /// Nil where it is none of ours.
  init?(_ data: DNSData) {
    guard case .texts(let texts) = data, let mark = try? CanonicalJSON.decode(RecordMark.self, from: texts.joined()) else { return nil }
    self = mark
  }

  init(by: String, at: Timestamp, former: FormerAnswer) { self.by = by; self.at = at; self.former = former }
}

/// What a name answered before; no answers: there was no such record.
struct FormerAnswer: Codable, Hashable {
  var answers: [String]
  /// Its time to live; of no record, how long it may be believed that there is none.
  var ttl: TimeSpan
  /// Of a zone whose records are sets: the whole one, as it was said.
  var set: String?

  var shown: String { answers.joined(separator: " ") }
}
