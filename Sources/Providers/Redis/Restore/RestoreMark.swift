internal import CanonicalJSON
internal import PlanModel
internal import ProviderInterface
internal import RedisClient

/// What a restore leaves on the server that it fills: a key, so that resume and undo know whose the data is. It goes by itself after a week.
struct RestoreMark: Codable, Hashable, Sendable {
  enum State: String, Codable, Sendable { case loading, done, emptying }
  static let key = "sie-dr:restore"
  static let lifetime = 7 * 86_400

  var run: RunID
  var step: String
  var attempt: Int
  var state: State
  var point: String
  /// Whether the append-only file was on, and is to be turned on again.
  var appendOnly: Bool
  var keys: Int64

  init(_ mark: StepMark, point: String, appendOnly: Bool) {
    run = mark.run; step = mark.step.rawValue; attempt = mark.attempt; state = .loading; self.point = point; self.appendOnly = appendOnly; keys = 0
  }

  func isOf(_ mark: StepMark) -> Bool { run == mark.run && step == mark.step.rawValue }

  /// What is there, or nil. A key of that name with anything else in it is somebody's.
  static func read(_ connection: RedisConnection) async throws(RedisError) -> RestoreMark? {
    guard case .bytes(let bytes?) = try await connection.ask("GET", key) else { return nil }
    return try? CanonicalJSON.decode(RestoreMark.self, from: bytes)
  }

  /// `SET` with what the state asks for.
  var command: RedisCommand {
    get throws {
      let words = ["SET", Self.key, try CanonicalJSON.text(self)] + (state == .done ? ["EX", String(Self.lifetime)] : [])
      return RedisCommand(words.map { Array($0.utf8) })
    }
  }
}
