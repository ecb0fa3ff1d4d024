internal import CanonicalJSON
internal import HTTPListener
internal import PlanModel
internal import ProviderInterface
internal import Units
internal import Watching

/// The doors of a watch: Alertmanager's webhook at `/alerts`, other places' answers at `/probes`, each only with the key.
enum WatchListening {
  static func start(
    _ settings: WatchSettings, key: SecretValue, plan: Plan, here: SiteName?, now: @escaping @Sendable () -> Timestamp,
    tell: @escaping @Sendable (WatchRecord) -> Void
  ) throws(CommandFailure) -> HTTPListener {
    let probes = Set(plan.probes.map(\.name.value))
    let sites = Set(plan.sites.map(\.name.value))
    let name = plan.metadata.name
    @Sendable func records(of report: PlaceReport) -> [WatchRecord]? {
      guard report.plan == name, report.place != here, sites.contains(report.place) else { return nil }
      guard report.answers.allSatisfy({ probes.contains($0.probe) }) else { return nil }
      return report.answers.map(WatchRecord.answer)
    }
    do throws(ListenerError) {
      return try HTTPListener(address: settings.listen.host, port: settings.listen.port) { request in
        guard request.method == "POST", request.path == "/alerts" || request.path == "/probes" else { return ListenerAnswer(404, "POST to /alerts or /probes") }
        guard isSame(request.headers["authorization"] ?? "", "Bearer \(key.reveal())") else { return ListenerAnswer(401, "the key is missing or another one") }
        if request.path == "/alerts" {
          guard let news = alertNews(from: request.body, heard: now()) else { return ListenerAnswer(400, "this is no message of Alertmanager") }
          news.forEach { tell(.alert($0)) }
        } else {
          guard let json = try? CanonicalJSON.decode(JSONValue.self, from: request.body), let report = PlaceReport(json, heard: now()),
            let records = records(of: report)
          else {
            return ListenerAnswer(400, "this is no report of another place of the plan `\(name)`")
          }
          records.forEach(tell)
        }
        return ListenerAnswer(200, "heard")
      }
    } catch { throw CommandFailure("cannot-listen", error.description, helps: ["name another address under `watch: { listen: ADDRESS:PORT }`"]) }
  }

  /// Takes as long wherever the two differ.
  private static func isSame(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    var difference = UInt8(a.count == b.count ? 0 : 1)
    for index in b.indices { difference |= b[index] ^ (index < a.count ? a[index] : 0) }
    return difference == 0
  }
}
