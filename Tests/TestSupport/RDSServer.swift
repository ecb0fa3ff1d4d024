public import CanonicalJSON
internal import Glibc

/// The stand-in of `rds.py`, on a free port. It is not Amazon's, which cannot be had where these tests run, but keeps to the published API and checks every
/// signature. It ends with the process that started it, however that ends.
public final class RDSServer: Sendable {
  public static let accessKey = "AKIDRDSTEST"
  /// Must be found in no sink.
  public static let secretKey = "rds-canary-secret-5f0c"
  public static let region = "us-east-1"

  public let port: Int
  private let folder: String
  private let lifeline: Int32

  public var url: String { "http://127.0.0.1:\(port)" }

  public static func start() throws -> RDSServer {
    let folder = try temporaryFolder("rds")
    do {
      // A free port may be taken before the server has it: once more then.
      do { return try run(folder) } catch { return try run(folder) }
    } catch {
      removeFolder(folder)
      throw error
    }
  }

  private static func run(_ folder: String) throws -> RDSServer {
    let port = try HTTPServer.closedPort()
    let program = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/rds.py"
    let script = "folder=$1; shift; \"$@\" </dev/null & server=$!; read line; kill -9 $server; wait $server; cd /; rm -rf \"$folder\""
    let server = RDSServer(port, folder, try Guardian.start(script, [folder, "python3", program, "\(port)"], output: "\(folder)/output"))
    for _ in 0..<200 {
      if (try? runProgram(["curl", "-sf", "-o", "/dev/null", "\(server.url)/test"], mayFail: true).status) == 0 { return server }
      usleep(50_000)
    }
    throw ProgramFailure(description: "the stand-in of RDS does not answer: \((try? readFile("\(folder)/output")) ?? "")")
  }

  private init(_ port: Int, _ folder: String, _ lifeline: Int32) { self.port = port; self.folder = folder; self.lifeline = lifeline }
  deinit { close(lifeline) }

  // MARK: By another hand

  /// Lays members over the server's world, as `rds.py` describes it.
  public func set(_ json: String) throws { try runProgram(["curl", "-sf", "-X", "PUT", "--data-binary", json, "\(url)/test"]) }

  public func world() throws -> JSONValue { try CanonicalJSON.decode(JSONValue.self, from: Array(try runProgram(["curl", "-sf", "\(url)/test"]).output.utf8)) }

  /// The actions that were asked for, in order.
  public func actions() throws -> [String] { try world()["requests"]?.array?.compactMap { $0["Action"]?.string } ?? [] }

  /// An instance as JSON: seven days of backups, made a month ago, restorable up to two minutes ago.
  public static func instance(retention: Int = 7, lag: Int = 120, age: Int = 30 * 86_400, protected: Bool = false, status: String = "available", tags: String = "{}") -> String {
    """
    {"resource":"db-SOURCE","status":"\(status)","class":"db.m6g.large","engine":"postgres","version":"16.4","storage":200,"retention":\(retention),"lag":\(lag),"age":\(age),
    "multiAZ":true,"protected":\(protected),"tags":\(tags)}
    """
  }

  /// A finished automated snapshot of `orders`, so many seconds old.
  public static func snapshot(_ id: String, age: Int, type: String = "automated", status: String = "available") -> String {
    #"{"id":"\#(id)","instance":"orders","type":"\#(type)","status":"\#(status)","age":\#(age)}"#
  }
}
