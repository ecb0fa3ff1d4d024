internal import CLibZstd

/// Reads zstd frames piece by piece: `feed` a chunk, take `next` until it gives nil, and `finish` at the end of the input.
///
/// Each piece is bounded, however much a hostile chunk would expand to; zstd's checksum is verified at the end of each frame.
public struct ZstdDecompressor: ~Copyable {
  /// The most that `next` gives at once.
  public static let pieceSize = 1 << 20
  private let context: OpaquePointer
  private var input: [UInt8] = []
  private var position = 0
  private var insideFrame = false
  private var seenAny = false
  private var mayHoldMore = false

  public init() throws(CompressionError) {
    guard dr_zstd_available() != 0 else { throw .libraryMissing }
    guard let context = dr_zstd_create_decompressor() else { throw .failed(reason: "out of memory") }
    self.context = context
  }

  deinit { dr_zstd_free_decompressor(context) }

  /// Hands in the next compressed bytes; only when `next` has given nil.
  public mutating func feed(_ chunk: [UInt8]) {
    input = chunk
    position = 0
  }

  /// The next decompressed bytes, or nil where more input is needed.
  public mutating func next() throws(CompressionError) -> [UInt8]? {
    while position < input.count || mayHoldMore {
      var failure: Int?
      let context = context
      var (start, more, frame) = (position, false, insideFrame)
      let piece = input.withUnsafeBytes { bytes in
        [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
          var source = dr_zstd_in(src: bytes.baseAddress, size: bytes.count, pos: start)
          var out = dr_zstd_out(dst: buffer.baseAddress, size: buffer.count, pos: 0)
          while out.pos < out.size {
            let before = (source.pos, out.pos)
            let code = dr_zstd_decompress(context, &out, &source)
            if dr_zstd_is_error(code) != 0 { failure = code; break }
            // Without progress the code only speaks of a frame that has not begun.
            if (source.pos, out.pos) != before { frame = code != 0 }
            if source.pos == source.size { break }
          }
          more = out.pos == out.size
          start = source.pos
          count = out.pos
        }
      }
      if let failure { throw .damaged(reason: String(cString: dr_zstd_error_name(failure))) }
      (position, mayHoldMore, insideFrame, seenAny) = (start, more, frame, true)
      if !piece.isEmpty { return piece }
    }
    return nil
  }

  /// Says whether the input was whole: it must have ended with the end of a frame.
  public mutating func finish() throws(CompressionError) {
    guard seenAny, !insideFrame else { throw .truncated }
  }
}
