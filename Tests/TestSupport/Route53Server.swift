internal import Glibc

/// The stand-in of `route53.py`, on a free port of 127.0.0.1. It is not Route 53, but keeps to its published description and checks signatures by code of its
/// own. It ends with the process that started it, however that ends.
public final class Route53Server: Sendable {
  public static let zone = "example.test"
  public static let zoneID = "Z0000000001"
  public static let accessKey = "AKIDTESTTESTTEST0001"
  /// Searched for in everything that is said.
  public static let secretKey = "canary/secret+key/0123456789abcdefghijkl"
  public static let credentials = "\(accessKey):\(secretKey)"

  public let port: Int
  private let lifeline: Int32

  public var url: String { "http://127.0.0.1:\(port)" }

  /// The one that all tests of this process share that put no faults into it; each test has names of its own.
  public static func shared() throws -> Route53Server { try sharedServer.get() }
  private static let sharedServer = Result { try start() }

  /// `zones`: `ID=NAME`, with a `!` where it is private. `page`: how many sets a list holds.
  public static func start(zones: [String] = ["\(zoneID)=\(zone)"], token: String? = nil, page: Int = 300, errors: String = "") throws -> Route53Server {
    let port = try HTTPServer.closedPort()
    let program = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/route53.py"
    let words = ["env", "STANDIN_PAGE=\(page)", "STANDIN_ERRORS=\(errors)", "python3", program, "\(port)", accessKey, secretKey] + zones + (token.map { ["--token", $0] } ?? [])
    let folder = try temporaryFolder("route53")
    let script = "folder=$1; shift; \"$@\" </dev/null & server=$!; read line; kill -9 $server; wait $server; cd /; rm -rf \"$folder\""
    let server = Route53Server(port, try Guardian.start(script, [folder] + words, output: "\(folder)/output"))
    try holdUntil("the stand-in answers", within: .seconds(20)) { try runProgram(["curl", "-sf", "\(server.url)/_test/log"], mayFail: true).status == 0 }
    return server
  }

  private init(_ port: Int, _ lifeline: Int32) { self.port = port; self.lifeline = lifeline }
  deinit { close(lifeline) }

  // MARK: By another hand

  private func ask(_ path: String, _ body: String? = nil) throws -> String {
    try runProgram(["curl", "-s", "--fail-with-body"] + (body == nil ? [] : ["--data-binary", "@-"]) + ["\(url)/_test/\(path)"], input: body ?? "").output
  }

  /// Rules as `route53.py` describes them: `on`, `do` and how often; and how long a change is on its way, in seconds.
  public func faults(_ rules: [(on: String, fault: String, times: Int?)] = [], pending: Double = 0.3) throws {
    let list = rules.map { #"{"on":"\#($0.on)","do":"\#($0.fault)"\#($0.times.map { ",\"times\":\($0)" } ?? "")}"# }.joined(separator: ",")
    _ = try ask("faults", #"{"rules":[\#(list)],"pending":\#(pending)}"#)
  }

  public struct Entry: Sendable {
    public var name: String
    public var type: String
    public var values: [String]
    public var ttl: Int
    /// What stands between type and time to live in the XML, such as `<Weight>1</Weight>`.
    public var routing: String
    /// `<AliasTarget>…</AliasTarget>` instead of values, or what stands behind them.
    public var rest: String
    public init(_ name: String, _ type: String, _ values: [String], ttl: Int = 60, routing: String = "", rest: String = "") {
      self.name = name; self.type = type; self.values = values; self.ttl = ttl; self.routing = routing; self.rest = rest
    }

    public static func member(_ id: String, weight: Int) -> String { "<SetIdentifier>\(id)</SetIdentifier><Weight>\(weight)</Weight>" }
    public static func member(_ id: String, failover: String) -> String { "<SetIdentifier>\(id)</SetIdentifier><Failover>\(failover)</Failover>" }

    fileprivate var xml: String {
      let records = values.map { "<ResourceRecord><Value>\($0)</Value></ResourceRecord>" }.joined()
      let answer = values.isEmpty ? "" : "<TTL>\(ttl)</TTL><ResourceRecords>\(records)</ResourceRecords>"
      return "<ResourceRecordSet><Name>\(name)</Name><Type>\(type)</Type>\(routing)\(answer)\(rest)</ResourceRecordSet>"
    }
  }

  public func change(delete: [Entry] = [], create: [Entry] = [], zone: String = zoneID) throws {
    let changes = delete.map { ("DELETE", $0) } + create.map { ("CREATE", $0) }
    let items = changes.map { "<Change><Action>\($0.0)</Action>\($0.1.xml)</Change>" }.joined()
    _ = try ask("batch/\(zone)", "<ChangeBatch xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Changes>\(items)</Changes></ChangeBatch>")
  }

  /// All sets below and at a name, one a line, as JSON; of marks not what they say.
  public func sets(of name: String) throws -> [String] {
    try ask("sets").split(separator: "\n").map(String.init).filter { $0.contains("\(name).") }.map { line in
      guard line.contains("\"TXT\""), let start = line.firstRange(of: "\"ResourceRecords\""), let end = line.firstRange(of: "\"SetIdentifier\"") ?? line.firstRange(of: "\"TTL\"")
      else { return line }
      return String(line[..<start.lowerBound] + line[end.lowerBound...])
    }
  }

  /// What was asked, one a line: `list`, `change`, `get` or `zones`, and the path.
  public func log() throws -> [String] { try ask("log").split(separator: "\n").map(String.init) }
}
