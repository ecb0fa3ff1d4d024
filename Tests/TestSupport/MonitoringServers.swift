internal import Glibc

/// Prometheus or Alertmanager, as Debian has them, on a free port of 127.0.0.1. It ends with the process that started it.
public final class MonitoringServer: Sendable {
  public let port: Int
  private let lifeline: Int32

  /// Scrapes itself, every second.
  public static func prometheus() throws -> MonitoringServer {
    try start("/-/ready", ["prom.yml": "global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:PORT'] }] }]\n"]) { folder, port in
      ["prometheus", "--config.file=\(folder)/prom.yml", "--storage.tsdb.path=\(folder)/data", "--web.listen-address=127.0.0.1:\(port)"]
    }
  }

  /// Tells a webhook of all alerts at once.
  public static func alertmanager(webhook: String, key: String) throws -> MonitoringServer {
    let configuration = """
      route: { receiver: dr, group_wait: 0s, group_interval: 1s, repeat_interval: 1s }
      receivers:
        - name: dr
          webhook_configs: [{ url: '\(webhook)', send_resolved: true, http_config: { authorization: { credentials: '\(key)' } } }]

      """
    return try start("/-/ready", ["am.yml": configuration]) { folder, port in
      ["prometheus-alertmanager", "--config.file=\(folder)/am.yml", "--storage.path=\(folder)/data", "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address="]
    }
  }

  private static func start(_ ready: String, _ files: [String: String], _ words: (String, Int) -> [String]) throws -> MonitoringServer {
    let folder = try temporaryFolder("monitoring")
    let port = try HTTPServer.closedPort()
    for (name, text) in files { try writeFile("\(folder)/\(name)", text.replacing("PORT", with: "\(port)")) }
    let script = "folder=$1; shift; \"$@\" </dev/null & server=$!; read line; kill -9 $server; wait $server; cd /; rm -rf \"$folder\""
    let server = MonitoringServer(port: port, lifeline: try Guardian.start(script, [folder] + words(folder, port), output: "\(folder)/output"))
    for _ in 0..<300 {
      if try runProgram(["curl", "-fsS", "-o", "/dev/null", server.url + ready], mayFail: true).status == 0 { return server }
      usleep(100_000)
    }
    throw ProgramFailure(description: "not ready: \((try? readFile("\(folder)/output")) ?? "")")
  }

  private init(port: Int, lifeline: Int32) { self.port = port; self.lifeline = lifeline }
  deinit { close(lifeline) }

  public var url: String { "http://127.0.0.1:\(port)" }

  /// Raises or ends an alert, as Prometheus does.
  public func alert(_ name: String, ends: String? = nil) throws {
    let end = ends.map { ",\"endsAt\":\"\($0)\"" } ?? ""
    try runProgram(["curl", "-fsS", "-H", "Content-Type: application/json", "-d", "[{\"labels\":{\"alertname\":\"\(name)\"}\(end)}]", "\(url)/api/v2/alerts"])
  }
}
