public import Units

/// Something that steps share and of which there is only so much for all of them at once: turns at a server, the bandwidth of a link.
public struct Limit: Sendable {
  public var name: Located<LimitName>
  public var capacity: Located<Capacity>
}

public typealias LimitName = Name<Limit>

/// How much of something: a number of turns, or a rate.
public enum Capacity: Hashable, Sendable {
  case turns(Int)
  case rate(ByteRate)

  public init?(_ text: some StringProtocol) {
    if let rate = ByteRate(text) { self = .rate(rate) } else if let turns = Int(text), (1...1_000).contains(turns) { self = .turns(turns) } else { return nil }
  }

  /// In turns, or in bytes a second: what the scheduler counts.
  public var units: Int64 { switch self { case .turns(let turns): Int64(turns); case .rate(let rate): rate.perSecond.bytes } }

  /// Whether the two count the same thing.
  func isComparable(with other: Self) -> Bool {
    switch (self, other) {
    case (.turns, .turns), (.rate, .rate): true
    case (.turns, .rate), (.rate, .turns): false
    }
  }
}

extension Capacity: CustomStringConvertible {
  public var description: String { switch self { case .turns(let turns): "\(turns)"; case .rate(let rate): "\(rate)" } }
}

extension Capacity: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let capacity = Self(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is neither a number of turns nor a rate such as 300MB/s"))
    }
    self = capacity
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
