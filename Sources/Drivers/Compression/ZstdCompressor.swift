internal import CLibZstd

/// One zstd frame written piece by piece: level 1 unless told, with zstd's checksum of the content at its end.
///
/// Memory is one context (about 1 MB at level 1) and one output buffer. What it writes, `zstd -dc` reads.
public struct ZstdCompressor: ~Copyable {
  /// No chunk that is handed out by `compress` is much larger than its input, and `output` is written through in steps of this size.
  private static let step = 256 << 10
  private let context: OpaquePointer
  private let output: UnsafeMutableRawBufferPointer

  public init(level: Int = 1) throws(CompressionError) {
    context = try Self.makeContext(level: level)
    output = .allocate(byteCount: Self.step, alignment: 16)
  }

  private static func makeContext(level: Int) throws(CompressionError) -> OpaquePointer {
    guard dr_zstd_available() != 0 else { throw .libraryMissing }
    guard let context = dr_zstd_create_compressor() else { throw .failed(reason: "out of memory") }
    do throws(CompressionError) {
      _ = try check(dr_zstd_set(context, Int32(dr_zstd_level), Int32(level)))
      _ = try check(dr_zstd_set(context, Int32(dr_zstd_checksum), 1))
    } catch {
      dr_zstd_free_compressor(context)
      throw error
    }
    return context
  }

  deinit {
    dr_zstd_free_compressor(context)
    output.deallocate()
  }

  /// Takes bytes in; gives what has come out so far, possibly nothing.
  public mutating func compress(_ bytes: UnsafeRawBufferPointer) throws(CompressionError) -> [UInt8] {
    try run(bytes, Int32(dr_zstd_continue))
  }

  public mutating func compress(_ bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
    try bytes.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in try run(bytes, Int32(dr_zstd_continue)) }
  }

  /// Ends the frame and gives its rest. The next `compress` begins a new frame.
  public mutating func finish() throws(CompressionError) -> [UInt8] {
    try run(UnsafeRawBufferPointer(start: nil, count: 0), Int32(dr_zstd_end))
  }

  private mutating func run(_ bytes: UnsafeRawBufferPointer, _ directive: Int32) throws(CompressionError) -> [UInt8] {
    var input = dr_zstd_in(src: bytes.baseAddress, size: bytes.count, pos: 0)
    var written: [UInt8] = []
    while true {
      var out = dr_zstd_out(dst: output.baseAddress, size: output.count, pos: 0)
      let left = try check(dr_zstd_compress(context, &out, &input, directive))
      written.append(contentsOf: UnsafeRawBufferPointer(rebasing: output[..<out.pos]))
      let done = directive == Int32(dr_zstd_end) ? left == 0 : input.pos == input.size
      if done { return written }
    }
  }
}

/// A result of zstd that is no error.
private func check(_ code: Int) throws(CompressionError) -> Int {
  guard dr_zstd_is_error(code) == 0 else { throw .failed(reason: String(cString: dr_zstd_error_name(code))) }
  return code
}
