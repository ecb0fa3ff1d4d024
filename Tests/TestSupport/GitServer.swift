internal import Glibc

/// A Git host of a test's own: `git http-backend` behind a small HTTP server that asks for a login, on a free port. It ends with the process that started it.
public final class GitServer: Sendable {
  public static let user = "bot"
  /// With characters that a URL must encode.
  public static let password = "g1t/pa:ss@word"
  public static let encodedPassword = "g1t%2Fpa%3Ass%40word"

  /// Repositories lie in it, as `NAME.git`.
  public let folder: String
  public let port: Int
  private let lifeline: Int32

  private static let script = """
    import base64, http.server, os, subprocess, sys
    root, port, word = sys.argv[1], int(sys.argv[2]), open(sys.argv[1] + '/password').read()
    class Handler(http.server.BaseHTTPRequestHandler):
      protocol_version = 'HTTP/1.0'
      def log_message(self, *rest): pass
      def serve(self):
        expected = 'Basic ' + base64.b64encode(word.encode()).decode()
        if self.headers.get('Authorization') != expected:
          self.send_response(401); self.send_header('WWW-Authenticate', 'Basic realm="git"'); self.end_headers(); return
        path, _, query = self.path.partition('?')
        body = b''
        if self.headers.get('Transfer-Encoding') == 'chunked':
          while True:
            size = int(self.rfile.readline().strip(), 16)
            body += self.rfile.read(size); self.rfile.readline()
            if size == 0: break
        else: body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        env = dict(PATH='/usr/bin:/bin', GIT_PROJECT_ROOT=root, GIT_HTTP_EXPORT_ALL='1', PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=self.command,
          REMOTE_USER='bot', REMOTE_ADDR='127.0.0.1', CONTENT_TYPE=self.headers.get('Content-Type') or '', CONTENT_LENGTH=str(len(body)),
          GIT_PROTOCOL=self.headers.get('Git-Protocol') or '', HTTP_CONTENT_ENCODING=self.headers.get('Content-Encoding') or '', GIT_CONFIG_NOSYSTEM='1', HOME=root)
        out = subprocess.run(['git', 'http-backend'], input=body, env=env, capture_output=True).stdout
        head, _, rest = out.partition(b'\\r\\n\\r\\n')
        lines = [line.partition(': ') for line in head.decode().split('\\r\\n')]
        status = [value for name, _, value in lines if name.lower() == 'status']
        self.send_response(int(status[0].split()[0]) if status else 200)
        for name, _, value in lines:
          if name.lower() != 'status': self.send_header(name, value)
        self.end_headers(); self.wfile.write(rest)
      do_GET = do_POST = serve
    http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
    """

  public static func start() throws -> GitServer {
    let folder = try temporaryFolder("git")
    do {
      try writeFile("\(folder)/password", "\(user):\(password)")
      try writeFile("\(folder)/server.py", script)
      let (listener, port) = try Sockets.listen()
      close(listener)
      let lifeline = try Guardian.start("python3 '\(folder)/server.py' '\(folder)' \(port) & echo $! > '\(folder)/pid'; read line; kill -9 $(cat '\(folder)/pid'); wait; rm -rf '\(folder)'", output: "\(folder)/out")
      let server = GitServer(folder: folder, port: port, lifeline: lifeline)
      try holdUntil("the Git host answers", within: .seconds(20)) {
        guard case let socket = Sockets.connect(port: port), socket >= 0 else { return false }
        close(socket)
        return true
      }
      return server
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  private init(folder: String, port: Int, lifeline: Int32) { self.folder = folder; self.port = port; self.lifeline = lifeline }
  deinit { close(lifeline) }

  public func url(_ name: String, encodedPassword: String = encodedPassword) -> String { "http://\(Self.user):\(encodedPassword)@127.0.0.1:\(port)/\(name).git" }
  public func path(_ name: String) -> String { "\(folder)/\(name).git" }

  /// A bare repository that takes pushes.
  public func make(_ name: String) throws {
    try runProgram(["git", "init", "--quiet", "--bare", "-b", "main", path(name)])
    try runProgram(["git", "-C", path(name), "config", "http.receivepack", "true"])
  }

  /// The host is gone, and so are its repositories.
  public func vanish() throws {
    try runProgram(["sh", "-c", "kill -9 $(cat '\(folder)/pid'); rm -rf '\(folder)'/*.git"])
    try holdUntil("it is gone", within: .seconds(10)) {
      guard case let socket = Sockets.connect(port: port), socket >= 0 else { return true }
      close(socket)
      return false
    }
  }
}
