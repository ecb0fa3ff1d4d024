/// A mail on its way to a server.
public struct MailMessage: Sendable {
  /// `smtp://USER:PASSWORD@HOST:587`, which is turned to TLS before anything is said, or `smtps://…:465`.
  public var server: String
  public var from: String
  public var to: [String]
  /// Head and body, lines ended by CR LF.
  public var content: [UInt8]
  /// A file of certificates to trust instead of the machine's own.
  public var certificates: String?

  public init(server: String, from: String, to: [String], content: [UInt8]) { self.server = server; self.from = from; self.to = to; self.content = content }

  /// Whether it can stand between `<` and `>` in a command: ASCII without spaces, one `@` inside.
  public static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"<>()[],;:\\\"".utf8.contains($0) }
  }
}
