internal import Hashing
internal import Units

/// A key that client and server share and sign messages with (RFC 8945). Does not print.
public struct TSIGKey: Sendable, CustomStringConvertible, CustomReflectable {
  enum Algorithm: String, CaseIterable {
    case sha256 = "hmac-sha256", sha512 = "hmac-sha512"

    func sign(_ bytes: [UInt8], _ secret: [UInt8]) -> [UInt8] {
      switch self {
      case .sha256: HMACSHA256.of(bytes, key: secret)
      case .sha512: HMACSHA512.of(bytes, key: secret)
      }
    }
  }
  /// Why a text is no key, in words that show nothing of it.
  public struct Unreadable: Error, Hashable, Sendable { public var why: String }

  public let name: DNSName
  let algorithm: Algorithm
  private let secret: [UInt8]

  public var description: String { "[key \(name)]" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Reads what `tsig-keygen` writes, or `ALGORITHM:NAME:SECRET` as nsupdate's and Knot's programs take it, also behind a `#` as `keymgr -t` writes it.
  public init(_ text: String) throws(Unreadable) {
    let parts = text.contains("{") ? Self.block(text) : Self.line(text)
    guard let parts else { throw Unreadable(why: "it is neither `ALGORITHM:NAME:SECRET` nor what `tsig-keygen` writes") }
    guard let algorithm = Algorithm(rawValue: parts.algorithm.lowercased()) else {
      throw Unreadable(why: "its algorithm is none of " + Algorithm.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
    }
    guard let name = DNSName(parts.name) else { throw Unreadable(why: "its name is no domain name") }
    guard let secret = [UInt8](base64: parts.secret), !secret.isEmpty else { throw Unreadable(why: "its secret is no Base64") }
    self.algorithm = algorithm; self.name = name; self.secret = secret
  }

  private typealias Parts = (algorithm: String, name: String, secret: String)

  private static func line(_ text: String) -> Parts? {
    let first = text.split(whereSeparator: \.isNewline).first ?? ""
    let parts = first.drop { $0 == "#" || $0 == " " }.split(separator: ":", omittingEmptySubsequences: false).map { String($0.filter { !$0.isWhitespace }) }
    return parts.count == 3 ? (parts[0], parts[1], parts[2]) : nil
  }

  /// `key "NAME" { algorithm ALGORITHM; secret "SECRET"; };`
  private static func block(_ text: String) -> Parts? {
    let words = text.replacing("{", with: " { ").replacing(";", with: " ").split(whereSeparator: \.isWhitespace).map { $0.filter { $0 != "\"" } }
    func after(_ word: String) -> String? { words.firstIndex(of: word).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil } }
    guard let name = after("key"), let algorithm = after("algorithm"), let secret = after("secret") else { return nil }
    return (algorithm, name, secret)
  }
}

/// RFC 8945, section 5: what is signed, and what a signature looks like.
extension TSIGKey {
  /// How far the two clocks may be apart, in seconds: what the standard recommends.
  private static let fudge: UInt16 = 300

  private var algorithmName: DNSName { DNSName(labels: [Array(algorithm.rawValue.utf8)]) ?? .root }

  private func variables(_ time: UInt64, fudge: UInt16, error: UInt16, other: [UInt8]) -> [UInt8] {
    let parts: [[UInt8]] = [
      name.wire, UInt16(255).wire, UInt32(0).wire, algorithmName.wire, Array(time.wire.suffix(6)), fudge.wire, error.wire, UInt16(other.count).wire, other,
    ]
    return Array(parts.joined())
  }

  /// The message with its signature, and the signature alone, on which that of the answer rests.
  func sign(_ message: [UInt8], id: UInt16, at now: Timestamp) -> (message: [UInt8], signature: [UInt8]) {
    let time = UInt64(clamping: now.milliseconds / 1_000)
    let signature = algorithm.sign(message + variables(time, fudge: Self.fudge, error: 0, other: []), secret)
    var record = DNSMessage.Record(name: name, type: .tsig, recordClass: 255)
    let parts: [[UInt8]] = [
      algorithmName.wire, Array(time.wire.suffix(6)), Self.fudge.wire, UInt16(signature.count).wire, signature, id.wire, UInt16(0).wire, UInt16(0).wire,
    ]
    record.data = Array(parts.joined())
    return (Self.counting(message, +1) + record.wire, signature)
  }

  /// The same bytes with another number of additional records.
  private static func counting(_ message: [UInt8], _ change: Int) -> [UInt8] {
    var message = message
    let count = UInt16(truncatingIfNeeded: (Int(message[10]) << 8 | Int(message[11])) + change)
    message.replaceSubrange(10..<12, with: count.wire)
    return message
  }

  /// Throws unless the answer is from whoever knows the key, and rests on the request.
  func check(_ answer: DNSMessage, _ bytes: [UInt8], request: [UInt8], at now: Timestamp) throws(DNSError.Reason) {
    guard let (record, place) = answer.signature, record.name == name else {
      // Nobody who does not know our key can sign an answer, an honest refusal included.
      if answer.code != .noError { throw .said(answer.code) }
      throw .unproven
    }
    var reader = DNSReader(record.data)
    let theirs = try reader.name()
    let (time, fudge) = (try reader.number48(), try reader.number16())
    let signature = try reader.take(Int(try reader.number16()))
    let id = try reader.number16()
    let error = try reader.number16()
    let other = try reader.take(Int(try reader.number16()))
    switch error {
    case 0, 18: break
    case 16: throw .wrongKey
    case 17: throw .unknownKey
    default: throw .said(answer.code)
    }
    guard theirs == algorithmName else { throw .unproven }
    let unsigned = Self.counting(Array(bytes[..<place]), -1)
    let parts: [[UInt8]] = [UInt16(request.count).wire, request, id.wire, Array(unsigned.dropFirst(2)), variables(time, fudge: fudge, error: error, other: other)]
    let expected = algorithm.sign(Array(parts.joined()), secret)
    guard signature.count == expected.count, zip(signature, expected).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0 else { throw .unproven }
    if error == 18 {
      let seconds = other.count == 6 ? other.reduce(Int64(0)) { $0 << 8 | Int64($1) } : nil
      throw .wrongTime(theirs: seconds.map { Timestamp(milliseconds: $0 * 1_000) })
    }
    guard abs(Int64(clamping: time) - now.milliseconds / 1_000) <= Int64(fudge) else {
      throw .wrongTime(theirs: Timestamp(milliseconds: Int64(clamping: time) * 1_000))
    }
  }
}
