internal import Glibc

/// A mail server of a test's own on a free port of 127.0.0.1: aiosmtpd, which asks for TLS and a password before it takes anything. It ends with the
/// process that started it, however that ends.
public final class MailServer: Sendable {
  public static let user = "dr@example.test"
  public static let password = "canary-7f3a/+ 9"
  public static let encodedPassword = "canary-7f3a%2F%2B%209"

  public let port: Int
  public let folder: String
  private let lifeline: Int32

  /// The certificate to trust, for `localhost`.
  public var certificate: String { "\(folder)/certificate.pem" }
  public var url: String { "smtp://dr%40example.test:\(Self.encodedPassword)@localhost:\(port)" }

  /// With `tls` false it offers none.
  public static func start(tls: Bool = true) throws -> MailServer {
    let folder = try temporaryFolder("mail")
    do {
      try runProgram([
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
      ])
      let port = try HTTPServer.closedPort()
      let program = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/mail-server.py"
      let words = ["/usr/bin/python3", program, folder, "\(port)", tls ? "tls" : "plain", user, password]
      let guardian = "folder=$1; shift; \"$@\" </dev/null & server=$!; read line; kill -9 $server; wait $server; cd /; rm -rf \"$folder\""
      let server = MailServer(port: port, folder: folder, lifeline: try Guardian.start(guardian, [folder] + words, output: "\(folder)/output"))
      for _ in 0..<200 {
        if (try? readFile("\(folder)/ready")) != nil { return server }
        usleep(50_000)
      }
      throw ProgramFailure(description: "the mail server does not start: \((try? readFile("\(folder)/output")) ?? "")")
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  private init(port: Int, folder: String, lifeline: Int32) { self.port = port; self.folder = folder; self.lifeline = lifeline }
  deinit { close(lifeline) }

  /// What it says to the next mails instead of taking them: `550 No`; `hang`: it takes them and never says so; empty: it takes them.
  public func say(_ words: String) throws { try writeFile("\(folder)/mode", words) }

  /// The mails it has, oldest first: sender, receivers and content as JSON.
  public func mails() throws -> [String] {
    try names(in: folder).filter { $0.hasPrefix("mail-") }.map { try readFile("\(folder)/\($0)") }
  }
}
