internal import CanonicalJSON
internal import Diagnostics
internal import ExecutionShell
internal import HTTPClient
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Units
internal import Watching

/// Asks the probes from another place, and reports to the watch that decides. It remembers nothing and starts nothing.
struct PlaceWatch {
  private let loaded: LoadedPlan
  private let here: SiteName
  private let url: String
  private let secrets: RememberedSecrets
  private let console: Console
  /// What waits for its way; older answers give way to newer ones.
  private static let mostWaiting = 256

  init(_ loaded: LoadedPlan, _ here: SiteName, _ url: String, _ secrets: RememberedSecrets, _ console: Console) {
    self.loaded = loaded; self.here = here; self.url = url; self.secrets = secrets; self.console = console
  }

  func run() async throws -> ExitStatus {
    let plan = loaded.plan
    let asked = Set(plan.scenarios.compactMap(\.detection?.rule).filter { $0.from.contains { $0.value == here } }.map(\.probe.value))
    let probes = plan.probes.filter { asked.contains($0.name.value) }
    guard !probes.isEmpty else {
      throw CommandFailure(
        "nothing-to-watch", "no scenario asks a probe from `\(here)`", helps: ["name the site in `detect: { probe: NAME, from: [\(here), …] }`"])
    }
    guard let settings = plan.watch, let key = plan.reference(to: settings.key.value) else {
      throw CommandFailure("no-watch-key", "the plan has no `watch: { key: { secret: NAME } }`, so nobody listens", helps: ["add it: both watches need it"])
    }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw CommandFailure(
        "wrong-usage", "`--report \(RedactedURL.of(url))` is no URL", status: .usage, helps: ["write `--report http://HOST:\(settings.listen.port)`"])
    }
    let (answers, answer) = AsyncStream.makeStream(of: ProbeAnswer.self, bufferingPolicy: .bufferingNewest(Self.mostWaiting))
    let clock = SystemRunClock()
    let client = HTTPClient()
    let token = try await secrets.resolve(key)
    say("reports from \(here) to \(RedactedURL.of(url)): \(probes.map(\.name.value.rawValue).joined(separator: ", "))", clock)
    let asking = Task { await Probers(ProbeAsking(plan: plan, secrets: secrets, client: client), from: here, clock) { answer.yield($0) }.run(probes) }
    let signals = Task {
      for await _ in Signals.stream() { break }
      answer.finish()
    }
    var problem: String?
    for await next in answers {
      let report = PlaceReport(plan: plan.metadata.name, place: here, answers: [next])
      let found = await send(report, token, client, clock)
      if found != problem { say(found.map { "is not heard: \($0)" } ?? "is heard", clock) }
      problem = found
    }
    asking.cancel()
    signals.cancel()
    say("ends", clock)
    return .done
  }

  private func send(_ report: PlaceReport, _ token: SecretValue, _ client: HTTPClient, _ clock: SystemRunClock) async -> String? {
    guard let body = try? CanonicalJSON.bytes(report.json(sent: clock.now())) else { return "the report cannot be written" }
    let headers = [HTTPHeader("Authorization", "Bearer \(token.reveal())"), HTTPHeader("Content-Type", "application/json")]
    do throws(HTTPError) {
      let answer = try await client.send(HTTPRequest(.post, "\(url)/probes", headers: headers, body: body), deadline: .seconds(5))
      return (200...299).contains(answer.status) ? nil : "status \(answer.status): \(answer.text.prefix(200).split(separator: "\n").first ?? "")"
    } catch { return error.detail }
  }

  private func say(_ text: String, _ clock: SystemRunClock) { console.writeError("\(clock.now().timeOfDay)  \(String(text.prefix(500)).visible)\n") }
}
