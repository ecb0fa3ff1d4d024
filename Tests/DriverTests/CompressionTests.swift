import Compression
import TestSupport
import Testing

struct CompressionTests {
  /// Text that compresses and text that does not, larger than any buffer in between.
  static func sample(_ count: Int) -> [UInt8] {
    var state: UInt64 = 42
    return (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return index % 2 == 0 ? UInt8(truncatingIfNeeded: index / 64) : UInt8(truncatingIfNeeded: state >> 56)
    }
  }

  static func compress(_ bytes: [UInt8], step: Int) throws -> [UInt8] {
    var compressor = try ZstdCompressor()
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: step) {
      out += try compressor.compress(Array(bytes[start..<min(start + step, bytes.count)]))
    }
    return out + (try compressor.finish())
  }

  static func decompress(_ bytes: [UInt8], step: Int) throws -> [UInt8] {
    var decompressor = try ZstdDecompressor()
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: step) {
      decompressor.feed(Array(bytes[start..<min(start + step, bytes.count)]))
      while let piece = try decompressor.next() {
        #expect(piece.count <= ZstdDecompressor.pieceSize)
        out += piece
      }
    }
    try decompressor.finish()
    return out
  }

  @Test("what was compressed comes back, whatever the sizes of the chunks", arguments: [0, 1, 1_000, 3_000_000], [7_000, 1 << 20])
  func roundTrip(_ size: Int, _ step: Int) throws {
    let bytes = Self.sample(size)
    let compressed = try Self.compress(bytes, step: step)
    #expect(try Self.decompress(compressed, step: step) == bytes)
  }

  @Test("frames that follow one another read as one")
  func frames() throws {
    let (a, b) = (Self.sample(100_000), Self.sample(50))
    #expect(try Self.decompress(Self.compress(a, step: 9_000) + Self.compress(b, step: 9), step: 4_096) == a + b)
  }

  @Test("the zstd program reads what is written here")
  func stockProgram() throws {
    let text = String(repeating: "orders\t42\tpaid\n", count: 10_000)
    let folder = try temporaryFolder("zstd")
    defer { removeFolder(folder) }
    try writeBytes("\(folder)/a.zst", Self.compress(Array(text.utf8), step: 4_000))
    #expect(try runProgram(["zstd", "-dc", "\(folder)/a.zst"]).output == text)
  }

  @Test("a truncated frame, a changed byte and other data are each refused")
  func damage() throws {
    let compressed = try Self.compress(Self.sample(400_000), step: 100_000)
    #expect(throws: CompressionError.truncated) { try Self.decompress(Array(compressed.dropLast(3)), step: 5_000) }
    #expect(throws: CompressionError.truncated) { try Self.decompress([], step: 1) }
    var changed = compressed
    changed[compressed.count / 2] ^= 1
    #expect(throws: CompressionError.self) { try Self.decompress(changed, step: 5_000) }
    #expect(throws: CompressionError.self) { try Self.decompress(Array("no zstd at all".utf8), step: 5_000) }
  }

  @Test("a chunk that expands a thousandfold comes in bounded pieces")
  func bomb() throws {
    let compressed = try Self.compress([UInt8](repeating: 0, count: 20 << 20), step: 1 << 20)
    #expect(compressed.count < 10_000)
    #expect(try Self.decompress(compressed, step: compressed.count).count == 20 << 20)
  }
}
