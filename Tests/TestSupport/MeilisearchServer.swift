public import CanonicalJSON
internal import Glibc

/// The stand-in of `meilisearch.py`, in a temporary folder, on a free port. It is not Meilisearch, which cannot be had where these tests run, but keeps to its
/// published API. It ends with the process that started it, however that ends.
public final class MeilisearchServer: Sendable {
  public static let key = "master-key-canary-7d21"

  public let folder: String
  public let port: Int
  private let lifeline: Int32

  public var url: String { "http://127.0.0.1:\(port)" }
  public var database: String { "\(folder)/data.ms" }
  public var dumps: String { "\(folder)/dumps" }
  /// The programs of a step that stop and start it.
  public var stop: [String] { ["sh", "\(folder)/stop.sh"] }
  public var start: [String] { ["sh", "\(folder)/start.sh"] }

  /// Not started yet where `isRunning` is false.
  public static func start(version: String = "1.11.3", isRunning: Bool = true) throws -> MeilisearchServer {
    let folder = try temporaryFolder("search")
    let port = try HTTPServer.closedPort()
    let program = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/meilisearch.py"
    try runProgram(["mkdir", "\(folder)/dumps"])
    // What a service's own configuration says; the environment of the one who starts it comes on top.
    try writeFile(
      "\(folder)/start.sh",
      """
      export MEILI_MASTER_KEY='\(key)' STANDIN_VERSION='\(version)' FAULTS='\(folder)/faults.json' MEILI_DB_PATH="${MEILI_DB_PATH:-\(folder)/data.ms}"
      setsid python3 '\(program)' --http-addr 127.0.0.1:\(port) --dump-dir '\(folder)/dumps' > '\(folder)/log' 2>&1 < /dev/null &
      echo $! > '\(folder)/pid'
      # Whoever started it may end all that is still of its own session.
      while kill -0 $! 2> /dev/null && [ "$(ps -o sid= -p $! | tr -d ' ')" != $! ]; do sleep 0.02; done

      """)
    try writeFile("\(folder)/stop.sh", "[ ! -e '\(folder)/pid' ] || kill -9 $(cat '\(folder)/pid') 2> /dev/null\nrm -f '\(folder)/pid'\n")
    let lifeline = try Guardian.start("read line; sh '\(folder)/stop.sh'; rm -rf '\(folder)'")
    let server = MeilisearchServer(folder, port, lifeline)
    if isRunning { try server.run() }
    return server
  }

  private init(_ folder: String, _ port: Int, _ lifeline: Int32) { self.folder = folder; self.port = port; self.lifeline = lifeline }
  deinit { close(lifeline) }

  public func run() throws {
    try runProgram(start)
    try holdUntil("the search server answers", within: .seconds(20)) { try isUp() }
  }

  public func end() throws { try runProgram(stop, mayFail: true) }

  public func isUp() throws -> Bool { try runProgram(["curl", "-sf", "\(url)/health"], mayFail: true).status == 0 }

  /// JSON as `meilisearch.py` describes it; empty: none.
  public func faults(_ json: String) throws { try writeFile("\(folder)/faults.json", json) }

  // MARK: By another hand

  @discardableResult
  public func ask(_ method: String, _ path: String, _ body: String = "") throws -> JSONValue {
    var words = ["curl", "-sf", "-X", method, "-H", "Authorization: Bearer \(Self.key)", "-H", "Content-Type: application/json"]
    if !body.isEmpty { words += ["--data-binary", body] }
    return try CanonicalJSON.decode(JSONValue.self, from: Array(try runProgram(words + [url + path]).output.utf8))
  }

  /// Hands something in and waits until it is done.
  public func change(_ method: String, _ path: String, _ body: String = "") throws {
    guard let task = try ask(method, path, body)["taskUid"]?.int else { throw ProgramFailure(description: "no task") }
    try holdUntil("the task is done", within: .seconds(20)) { try ask("GET", "/tasks/\(task)")["status"] == "succeeded" }
  }

  /// Documents `id` from the first to the last number.
  public func add(_ index: String, _ numbers: ClosedRange<Int>) throws {
    try change("POST", "/indexes/\(index)/documents", "[\(numbers.map { #"{"id":\#($0),"title":"number \#($0)"}"# }.joined(separator: ","))]")
  }

  /// All documents and settings of all indexes but those that runs keep.
  public func contents() throws -> [String] {
    let indexes = try ask("GET", "/indexes")["results"]?.array?.compactMap { $0["uid"]?.string }.sorted() ?? []
    return try indexes.filter { !$0.contains("-sie-dr-") }.map { index in
      let documents = try ask("GET", "/indexes/\(index)/documents?limit=100000")["results"]?.array?.map(\.description).sorted() ?? []
      return "\(index): \(documents.joined(separator: " ")) \(try ask("GET", "/indexes/\(index)/settings"))"
    }
  }

  public func indexes() throws -> [String] { try ask("GET", "/indexes")["results"]?.array?.compactMap { $0["uid"]?.string }.sorted() ?? [] }
  public func tasks(_ query: String) throws -> [JSONValue] { try ask("GET", "/tasks?\(query)")["results"]?.array ?? [] }
}
