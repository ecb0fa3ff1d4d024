internal import Concurrency
internal import RecoveryPoints

/// One thing for a worker to read: a table or some of its blocks, or a range of large objects.
enum PieceWork: Sendable {
  case rows(TableEntry, BlockRange?, RowFormat)
  case largeObjects(first: Int64, last: Int64)

  var name: String {
    switch self {
    case .rows(let entry, _, _): entry.table.description
    case .largeObjects(let first, let last): "large objects \(first) to \(last)"
    }
  }
}

/// What reading one gave.
struct PieceResult: Sendable {
  enum Content: Sendable {
    case rows(TableEntry, BlockRange?, RowFormat)
    case largeObjects(count: Int64, bytes: Int64)

    var blocks: [Int64?]? { if case .rows(_, let range?, _) = self { [range.from, range.to] } else { nil } }
  }
  var content: Content
  var piece: LogicalPoint.Piece
  var object: PointObject
}

/// Hands out the pieces in order, each once, and names their objects: a number, since a table's name holds anything.
final class PieceQueue: Sendable {
  private let folder: String
  private let state: Lock<(work: [PieceWork], next: Int, number: Int)>

  /// `folder`: of the database within the point.
  init(_ work: [PieceWork], in folder: String, firstNumber: Int) {
    self.folder = folder
    state = Lock((work, 0, firstNumber))
  }

  func next() -> PieceWork? {
    state.withLock { state in
      guard state.next < state.work.count else { return nil }
      defer { state.next += 1 }
      return state.work[state.next]
    }
  }

  /// A new name for every attempt: what a failed one left is never taken for the piece.
  func newName(for work: PieceWork) -> String {
    let number = state.withLock { state in
      defer { state.number += 1 }
      return String(state.number)
    }
    let (place, kind) =
      switch work {
      case .rows(_, _, .binary): ("data", "bin")
      case .rows(_, _, .text): ("data", "copy")
      case .largeObjects: ("lo", "copy")
      }
    return "\(folder)/\(place)/\(String(repeating: "0", count: max(0, 6 - number.count)))\(number).\(kind).zst"
  }

  var lastNumber: Int { state.withLock { $0.number } }
}
