internal import ObjectStore

/// Text for a shell.
public enum Shell {
  /// In single quotes, whatever it holds.
  public static func quote(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// In quotes only where it must be.
  public static func word(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x2D...0x39).contains(byte) || byte == 0x5F
    }
    return isPlain && !text.isEmpty && !text.hasPrefix("-") ? text : quote(text)
  }

  /// For a comment: one line.
  public static func comment(_ text: String) -> String { "# " + text.map { $0.isNewline ? " " : String($0) }.joined() }
}

/// Where a person without this program gets a point's objects from.
public enum PointSource: Hashable, Sendable {
  /// A store's folder, absolute.
  case folder(String)
  case bucket(BucketSource)

  public struct BucketSource: Hashable, Sendable {
    /// Of the store's prefix, percent-encoded and with a final `/`.
    public var url: String
    /// The same for `aws`: `s3://bucket/prefix/`; nil where `aws` would look under another host.
    public var s3: String?
    /// Nil: Amazon's.
    public var endpoint: String?
    /// Nil: as the environment says.
    public var region: String?
    /// A file of certificates.
    public var certificates: String?

    public init(url: String, s3: String?, endpoint: String?, region: String?, certificates: String?) {
      self.url = url; self.s3 = s3; self.endpoint = endpoint; self.region = region; self.certificates = certificates
    }
  }

  /// Commands that bring a point's objects into the current folder.
  public func commands(_ manifest: PointManifest) -> [String] {
    switch self {
    case .folder(let path): ["cp -R \(Shell.quote("\(path)/\(manifest.place.prefix).")) ."]
    case .bucket(let bucket): bucket.commands(manifest)
    }
  }
}

extension PointSource.BucketSource {
  fileprivate func commands(_ manifest: PointManifest) -> [String] {
    // Names come from the store: one that leads out of the folder is left out, and then its checksum is missed.
    let objects = manifest.objects.map(\.path).filter { ObjectKey($0) != nil }
    let prefix = manifest.place.prefix
    let curl = [
      "keys() {", "  printf 'user = \"%s:%s\"\\n' \"${AWS_ACCESS_KEY_ID:?}\" \"${AWS_SECRET_ACCESS_KEY:?}\"",
      "  [ -z \"$AWS_SESSION_TOKEN\" ] || printf 'header = \"x-amz-security-token: %s\"\\n' \"$AWS_SESSION_TOKEN\"", "}", "fetch() {", "  local object", "  for object; do", "    mkdir -p \"$(dirname \"$object\")\"",
      "    curl -fsS --retry 5 \(certificates.map { "--cacert \(Shell.quote($0)) " } ?? "")--aws-sigv4 \"aws:amz:$region:s3\" -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \\",
      "      -K <(keys) -o \"$object\" \(Shell.quote(url + prefix))\"$object\"", "  done", "}",
      (["fetch \(PointPlace.checksums) \(PointPlace.instructions)"] + objects.map(Shell.word)).joined(separator: " \\\n  "),
    ]
    let start = ["region=" + (region.map(Shell.quote) ?? "${AWS_REGION:-us-east-1}")]
    let note = "# The keys of the store: as `aws` finds them, or for curl in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and perhaps AWS_SESSION_TOKEN."
    guard let s3 else { return [note] + start + curl }
    let options =
      (endpoint.map { "--endpoint-url \(Shell.quote($0)) " } ?? "") + (certificates.map { "--ca-bundle \(Shell.quote($0)) " } ?? "") + "--region \"$region\""
    return [note] + start + ["if command -v aws > /dev/null; then", "  aws s3 cp --recursive --only-show-errors \(options) \(Shell.quote(s3 + prefix)) .", "else"]
      + curl.map { "  " + $0 } + ["fi"]
  }
}
