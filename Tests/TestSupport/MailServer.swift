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
      try writeFile("\(folder)/server.py", script)
      let port = try HTTPServer.closedPort()
      let words = ["/usr/bin/python3", "\(folder)/server.py", folder, "\(port)", tls ? "tls" : "plain", user, password]
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

  private static let script = """
    import asyncio, json, os, ssl, sys
    from email import message_from_bytes
    from email.policy import default
    from aiosmtpd.smtp import SMTP, AuthResult
    folder, port, tls, user, password = sys.argv[1:6]
    count = 0
    class Handler:
      async def handle_DATA(self, server, session, envelope):
        global count
        mode = open(folder + "/mode").read() if os.path.exists(folder + "/mode") else ""
        if mode and mode != "hang": return mode
        count += 1
        mail = message_from_bytes(envelope.content, policy=default)
        with open(folder + "/new", "w") as out:
          json.dump({"from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": mail["subject"], "id": mail["message-id"], "date": str(mail["date"]),
            "text": mail.get_content(), "raw": envelope.content.decode("ascii")}, out)
        os.rename(folder + "/new", folder + "/mail-%04d" % count)
        if mode == "hang": await asyncio.sleep(3600)
        return "250 OK"
    def authenticate(server, session, envelope, mechanism, data):
      return AuthResult(success=data.login == user.encode() and data.password == password.encode(), handled=False)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder + "/certificate.pem", folder + "/key.pem")
    def factory():
      if tls == "plain": return SMTP(Handler())
      return SMTP(Handler(), tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
    async def main():
      server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", int(port))
      open(folder + "/ready", "w").close()
      await server.serve_forever()
    asyncio.run(main())

    """
}
