internal import DNSClient
internal import ProviderInterface
internal import Units

/// Who takes a zone's changes, as one step's record sees him.
protocol ZoneKeeping: Sendable {
  func look() async throws(StepFailure) -> Standing
  /// Makes what was seen into `wanted`, record and mark, in one change that holds only if everything still is as it was seen. Gives what stands there then.
  func replace(_ seen: Standing, by wanted: Standing) async throws(NotReplaced) -> Standing
  /// Makes sure that a change of this step that was seen is everywhere, as far as whoever takes the changes knows. Gives what stands there then.
  func confirm(_ seen: Standing) async throws(StepFailure) -> Standing
  /// Whether that is known of a change already.
  func isEverywhere(_ mark: RecordMark) -> Bool
  /// The servers to ask where the plan names none; empty: nobody is asked.
  func servers() async -> [DNSServer]
  /// What a person types to see the record.
  var question: String { get }
  /// What a person types to see the zone.
  var zoneQuestion: String { get }
  /// What is shown by an answer to `look`.
  var accepted: String { get }
}

/// Why a change is not known to be made.
enum NotReplaced: Error {
  /// It was looked, and it was not as it was seen; or another rule of the zone's forbids it, which the failure says.
  case unmet(StepFailure?)
  /// It may be made all the same.
  case doubtful(StepFailure)
  case failed(StepFailure)
}
