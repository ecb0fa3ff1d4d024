internal import Glibc

/// The changes that a file of tzdata lists one by one, until 2037 (RFC 8536).
public struct TZif: Sendable {
  public let changes: [(at: Int, offset: Int)]
  static let folder = "/usr/share/zoneinfo/"

  public init?(named name: String) {
    guard let bytes = Self.read(Self.folder + name), bytes.count > 44, bytes.starts(with: Array("TZif".utf8)) else { return nil }
    func number(_ at: Int, _ width: Int) -> Int {
      bytes[at..<at + width].reduce(bytes[at] >= 0x80 ? -1 : 0) { $0 << 8 | Int($1) }
    }
    func counts(_ at: Int) -> (utc: Int, std: Int, leap: Int, times: Int, types: Int, chars: Int) {
      let all = (0..<6).map { number(at + 20 + $0 * 4, 4) }
      return (all[0], all[1], all[2], all[3], all[4], all[5])
    }
    let first = counts(0)
    let second = 44 + first.times * 5 + first.types * 6 + first.chars + first.leap * 8 + first.std + first.utc
    let sizes = counts(second)
    let times = second + 44, kinds = times + sizes.times * 8, types = kinds + sizes.times
    func offset(_ kind: Int) -> Int { number(types + kind * 6, 4) }
    changes = [(at: Int.min, offset: offset(0))] + (0..<sizes.times).map { (number(times + $0 * 8, 8), offset(Int(bytes[kinds + $0]))) }
  }

  /// In seconds.
  public func offset(at second: Int) -> Int { changes.last { $0.at <= second }?.offset ?? 0 }

  public static var edition: String? {
    read(folder + "tzdata.zi").map { String(decoding: $0.prefix(64), as: UTF8.self) }?.split(separator: "\n").first?.split(separator: " ").last.map(String.init)
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
  }
}
