/// What a service says went wrong: the body of an answer, as far as there is one.
public struct AWSErrorBody: Sendable {
  public var code: String?
  public var message: String?
  public var region: String?
  public var endpoint: String?
  public var serverTime: String?

  /// Empty where the body is no error. S3 says `Error`, the others `ErrorResponse`, and Route 53 of changes that it does not take `InvalidChangeBatch`.
  public init(_ body: [UInt8]) {
    // An answer of 200 may hold an error too, but no list does, and those are long.
    guard body.count < 256 << 10, ["<Error", "<InvalidChangeBatch"].contains(where: { body.firstRange(of: Array($0.utf8)) != nil }) else { return }
    guard let root = try? XMLElement.read(body) else { return }
    if root.name == "InvalidChangeBatch" {
      code = root.name
      message = root.first("Messages").map { Printable.of($0.all("Message").map(\.text).joined(separator: "; ")) }
    }
    guard let error = root.name == "Error" ? root : root.first("Error") else { return }
    code = error.text("Code")
    message = error.text("Message").map { Printable.of($0) }
    region = error.text("Region")
    endpoint = error.text("Endpoint")
    serverTime = error.text("ServerTime")
  }
}

/// Words of others, as they may be shown.
public enum Printable {
  /// One line of at most 300 characters, without control characters.
  public static func of(_ text: String) -> String {
    let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? " " : $0 }))
    return line.count > 300 ? line.prefix(300) + "…" : line
  }
}
