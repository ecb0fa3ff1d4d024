/// Walks through the values of an RDB file.
struct SnapshotCursor {
  let bytes: [UInt8]
  var position: Int

  mutating func byte() throws(SnapshotProblem) -> UInt8 {
    guard position < bytes.count else { throw .incomplete }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func skip(_ count: Int) throws(SnapshotProblem) {
    guard bytes.count - position >= count else { throw .incomplete }
    position += count
  }

  /// Little-endian.
  mutating func fixed(_ count: Int) throws(SnapshotProblem) -> UInt64 {
    let from = position
    try skip(count)
    return bytes[from..<position].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func bigEndian(_ count: Int) throws(SnapshotProblem) -> UInt64 {
    let from = position
    try skip(count)
    return bytes[from..<position].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private enum Length { case plain(UInt64), special(UInt8) }

  private mutating func anyLength() throws(SnapshotProblem) -> Length {
    let first = try byte()
    switch first >> 6 {
    case 0: return .plain(UInt64(first))
    case 1: return .plain(UInt64(first & 0x3F) << 8 | UInt64(try byte()))
    case 3: return .special(first & 0x3F)
    default:
      guard first == 0x80 || first == 0x81 else { throw .damaged("a length in it is none") }
      return .plain(try bigEndian(first == 0x80 ? 4 : 8))
    }
  }

  mutating func length() throws(SnapshotProblem) -> UInt64 {
    guard case .plain(let length) = try anyLength() else { throw .damaged("a length in it is none") }
    return length
  }

  private mutating func count() throws(SnapshotProblem) -> Int { try Self.size(try length()) }

  private static func size(_ length: UInt64) throws(SnapshotProblem) -> Int {
    guard length < 1 << 40 else { throw .damaged("a length in it is beyond all measure") }
    return Int(length)
  }

  // MARK: Texts

  mutating func skipString() throws(SnapshotProblem) {
    switch try anyLength() {
    case .plain(let length): try skip(Self.size(length))
    case .special(let kind) where kind <= 2: try skip(1 << Int(kind))
    case .special(3):
      let packed = try count()
      _ = try length()
      try skip(packed)
    case .special: throw .damaged("a text in it is none")
    }
  }

  mutating func string() throws(SnapshotProblem) -> [UInt8] {
    switch try anyLength() {
    case .plain(let length):
      let from = position
      try skip(Self.size(length))
      return Array(bytes[from..<position])
    case .special(0): return Array(String(Int8(truncatingIfNeeded: try fixed(1))).utf8)
    case .special(1): return Array(String(Int16(truncatingIfNeeded: try fixed(2))).utf8)
    case .special(2): return Array(String(Int32(truncatingIfNeeded: try fixed(4))).utf8)
    case .special(3):
      let packed = try count()
      let length = try count()
      let from = position
      try skip(packed)
      guard let text = LZF.decompressed(bytes[from..<position], length: length) else { throw .damaged("a compressed text in it is damaged") }
      return text
    case .special: throw .damaged("a text in it is none")
    }
  }

  private mutating func skipStrings(_ each: Int = 1) throws(SnapshotProblem) {
    for _ in 0..<(try count()) { for _ in 0..<each { try skipString() } }
  }

  // MARK: Values

  /// Types as Redis' rdb.h numbers them.
  mutating func skipValue(ofType type: UInt8) throws(SnapshotProblem) {
    switch type {
    case 0, 9, 10, 11, 12, 13, 16, 17, 20: try skipString()
    case 1, 2, 14: try skipStrings()
    case 3:
      for _ in 0..<(try count()) {
        try skipString()
        let digits = try byte()
        if digits < 253 { try skip(Int(digits)) }
      }
    case 4: try skipStrings(2)
    case 5:
      for _ in 0..<(try count()) { try skipString(); try skip(8) }
    case 7:
      _ = try length()
      try skipModuleValue()
    case 15, 19, 21: try skipStream(type)
    case 18:
      for _ in 0..<(try count()) { _ = try length(); try skipString() }
    case 24:  // A hash whose fields expire.
      try skip(8)
      for _ in 0..<(try count()) { _ = try length(); try skipString(); try skipString() }
    case 25:
      try skip(8)
      try skipString()
    case 6: throw .unknown("it holds a value of a module in a form older than Redis 4")
    default: throw .unknown("it holds a value of type \(type), which this sie-dr does not know")
    }
  }

  mutating func skipModuleValue() throws(SnapshotProblem) {
    while true {
      switch try length() {
      case 0: return
      case 1, 2: _ = try length()
      case 3: try skip(4)
      case 4: try skip(8)
      case 5: try skipString()
      default: throw .damaged("a module's value in it is none")
      }
    }
  }

  private mutating func skipLengths(_ count: Int) throws(SnapshotProblem) { for _ in 0..<count { _ = try length() } }

  private mutating func skipStream(_ type: UInt8) throws(SnapshotProblem) {
    try skipStrings(2)
    // Length, last id; then first id, greatest deleted id, entries ever added.
    try skipLengths(type == 15 ? 3 : 8)
    for _ in 0..<(try count()) {
      try skipString()
      try skipLengths(type == 15 ? 2 : 3)
      for _ in 0..<(try count()) {  // Delivered and not acknowledged: id, when, how often.
        try skip(24)
        _ = try length()
      }
      for _ in 0..<(try count()) {
        try skipString()
        try skip(type == 21 ? 16 : 8)
        for _ in 0..<(try count()) { try skip(16) }
      }
    }
  }
}
