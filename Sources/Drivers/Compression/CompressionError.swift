/// Why bytes could not be compressed or decompressed.
public enum CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// libzstd is not installed on this host.
  case libraryMissing
  /// The compressed bytes are not what was written; `reason` is zstd's own word for it.
  case damaged(reason: String)
  /// The compressed bytes end before the frame does.
  case truncated
  /// zstd itself failed, for want of memory above all.
  case failed(reason: String)

  public var description: String {
    switch self {
    case .libraryMissing: "libzstd.so.1 cannot be loaded on this host; install it (Debian: apt-get install libzstd1)"
    case .damaged(let reason): "the compressed data is damaged (zstd: \(reason))"
    case .truncated: "the compressed data ends too early: its last part is missing"
    case .failed(let reason): "zstd failed: \(reason)"
    }
  }
}
