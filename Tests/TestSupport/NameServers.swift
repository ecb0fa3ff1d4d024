internal import Glibc

/// A name server of a test's own with the zone `example.test`, on a free port of 127.0.0.1: BIND or Knot. It ends with the process that started it,
/// however that ends.
public final class TestNameServer: Sendable {
  public enum Kind: String, Sendable, CaseIterable { case bind, knot }
  public enum Role: Sendable {
    /// Has the zone, takes updates that are signed with `key`, and tells the servers on these ports of each change.
    case primary(tells: [Int])
    /// Fetches the zone from the primary on this port when it is told to.
    case secondary(of: Int)
    /// Asks the server on this port for others, and keeps its answers as long as they may be kept. BIND only.
    case resolver(of: Int)
  }

  public static let zone = "example.test"
  public static let keyName = "dr"
  /// In Base64. The first half is searched for in everything that is said.
  public static let secret = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktMTIzNDU2Nzg5MGE="
  /// As `tsig-keygen` writes it.
  public static let key = "key \"\(keyName)\" {\n\talgorithm hmac-sha256;\n\tsecret \"\(secret)\";\n};\n"

  public let kind: Kind
  public let port: Int
  public let folder: String
  private let lifeline: Int32

  /// The primary that all tests of this process share, by kind; each test has names of its own.
  public static func shared(_ kind: Kind) throws -> TestNameServer {
    switch kind {
    case .bind: try sharedBIND.get()
    case .knot: try sharedKnot.get()
    }
  }
  private static let sharedBIND = Result { try start(.bind, .primary(tells: [])) }
  private static let sharedKnot = Result { try start(.knot, .primary(tells: [])) }

  /// `settings` are lines of BIND's `options`.
  public static func start(_ kind: Kind, _ role: Role, port: Int? = nil, settings: String = "") throws -> TestNameServer {
    // A free port may be taken before the server has it: once more then.
    do { return try run(kind, role, port, settings) } catch { return try run(kind, role, port, settings) }
  }

  private static func run(_ kind: Kind, _ role: Role, _ port: Int?, _ settings: String) throws -> TestNameServer {
    let folder = try temporaryFolder("dns")
    do {
      let port = try port ?? HTTPServer.closedPort()
      let words: [String]
      try writeFile("\(folder)/zone", zoneFile)
      try writeFile("\(folder)/key", key)
      switch kind {
      case .bind:
        try writeFile("\(folder)/named.conf", bind(folder, port, role, settings))
        words = ["named", "-g", "-n", "2", "-c", "\(folder)/named.conf"]
      case .knot:
        try writeFile("\(folder)/knot.conf", knot(folder, port, role))
        words = ["knotd", "-c", "\(folder)/knot.conf"]
      }
      let script = "folder=$1; shift; \"$@\" </dev/null & server=$!; read line; kill -9 $server; wait $server; cd /; rm -rf \"$folder\""
      let server = TestNameServer(kind: kind, port: port, folder: folder, lifeline: try Guardian.start(script, [folder] + words, output: "\(folder)/output"))
      try server.waitUntilReady()
      return server
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  private init(kind: Kind, port: Int, folder: String, lifeline: Int32) {
    self.kind = kind; self.port = port; self.folder = folder; self.lifeline = lifeline
  }

  deinit { close(lifeline) }

  private static let zoneFile = """
    $TTL 300
    @ IN SOA ns1 hostmaster 1 3600 600 86400 5
    @ IN NS ns1
    ns1 IN A 127.0.0.1
    east IN A 192.0.2.1
    west IN A 192.0.2.2

    """

  private static func bind(_ folder: String, _ port: Int, _ role: Role, _ settings: String) -> String {
    let (recursion, zone, more) =
      switch role {
      case .primary(let tells):
        ("no", "type primary; file \"zone\"; update-policy { grant \(keyName) zonesub ANY; };", "also-notify { \(tells.map { "127.0.0.1 port \($0);" }.joined()) }; notify explicit; notify-delay 0;")
      case .secondary(let primary): ("no", "type secondary; file \"copy\"; primaries { 127.0.0.1 port \(primary); }; allow-notify { 127.0.0.1; };", "notify no;")
      case .resolver(let upstream): ("yes", "type forward; forward only; forwarders { 127.0.0.1 port \(upstream); };", "notify no;")
      }
    return """
      \(key)
      options {
        directory "\(folder)"; listen-on port \(port) { 127.0.0.1; }; listen-on-v6 { none; }; recursion \(recursion); pid-file "\(folder)/pid";
        session-keyfile "\(folder)/session"; managed-keys-directory "\(folder)"; dnssec-validation no; allow-transfer { 127.0.0.1; }; \(more)
        \(settings)
      };
      controls { };
      zone "\(Self.zone)" { \(zone) };

      """
  }

  private static func knot(_ folder: String, _ port: Int, _ role: Role) -> String {
    var (remotes, options) = ("", "acl: [update, local]\n    zonefile-load: difference")
    switch role {
    case .primary(let tells):
      remotes = tells.map { "  - id: r\($0)\n    address: 127.0.0.1@\($0)\n" }.joined()
      if !tells.isEmpty { options += "\n    notify: [\(tells.map { "r\($0)" }.joined(separator: ", "))]" }
    case .secondary(let primary):
      remotes = "  - id: primary\n    address: 127.0.0.1@\(primary)\n"
      options = "master: primary\n    acl: [local]"
    case .resolver: break
    }
    return """
      server:
        listen: 127.0.0.1@\(port)
        rundir: \(folder)
      database:
        storage: \(folder)
      key:
        - id: \(keyName).
          algorithm: hmac-sha256
          secret: \(secret)
      \(remotes.isEmpty ? "" : "remote:\n" + remotes)
      acl:
        - id: update
          key: \(keyName).
          action: [update, transfer]
        - id: local
          address: 127.0.0.1
          action: [notify, transfer]
      zone:
        - domain: \(Self.zone).
          storage: \(folder)
          file: \(role.isSecondary ? "copy" : "zone")
          \(options)

      """
  }

  private func waitUntilReady() throws {
    for _ in 0..<150 {
      if try dig("ns1.\(Self.zone)", "A") == ["127.0.0.1"] { return }
      usleep(50_000)
    }
    throw ProgramFailure(description: "\(kind.rawValue) does not answer: \((try? readFile("\(folder)/output")) ?? "")")
  }

  // MARK: Use

  /// What the server answers, sorted.
  public func dig(_ name: String, _ type: String) throws -> [String] {
    try runProgram(["dig", "+short", "+time=1", "+tries=1", "@127.0.0.1", "-p", "\(port)", name, type], mayFail: true).output
      .split(separator: "\n").map(String.init).filter { !$0.hasPrefix(";") }.sorted()
  }

  /// Whole records below a name, with their times to live: `NAME TTL IN TYPE DATA`, sorted.
  public func records(_ name: String, _ types: [String] = ["A", "AAAA", "CNAME", "TXT"]) throws -> [String] {
    try types.flatMap { type in
      try runProgram(["dig", "+noall", "+answer", "+time=2", "+tries=2", "@127.0.0.1", "-p", "\(port)", name, type]).output
        .split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }.filter { $0.hasPrefix(name + ".") && $0.contains(" \(type) ") }
    }.sorted()
  }

  /// Changes the zone as somebody else does, by `nsupdate`.
  public func update(_ lines: String...) throws {
    let text = "server 127.0.0.1 \(port)\nzone \(Self.zone)\n" + lines.map { $0 + "\n" }.joined() + "send\n"
    try runProgram(["nsupdate", "-k", "\(folder)/key"], input: text)
  }
}

extension TestNameServer.Role {
  fileprivate var isSecondary: Bool { if case .secondary = self { true } else { false } }
}
