internal import DNSClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// Who serves the new answer by now, and who does not yet.
struct Propagation {
  enum Seen: Hashable, Sendable {
    case new
    /// Another answer; empty: that there is none.
    case old(String)
    /// Nobody is led astray by a server that says nothing.
    case silent(String)
  }
  var seen: [(server: DNSServer, seen: Seen)]

  var new: [DNSServer] { seen.filter { $0.seen == .new }.map(\.server) }
  var old: [(server: DNSServer, answer: String)] {
    seen.compactMap { if case .old(let answer) = $0.seen { ($0.server, answer.isEmpty ? "none" : answer) } else { nil } }
  }
  var silent: [String] { seen.compactMap { if case .silent(let reason) = $0.seen { reason } else { nil } } }
}

extension ZonePlace {
  /// The servers that the world asks: those of the plan, or those that whoever keeps the zone knows of.
  func authoritative() async -> [DNSServer] {
    arguments.zone.authoritative.isEmpty ? await keeper.servers() : arguments.zone.authoritative.map(\.address)
  }

  /// Asks all of them at the same time whether they say exactly one of `answers`.
  func propagation(of answers: Set<Set<DNSData>>, among servers: [DNSServer], recursion: Bool = false) async -> Propagation {
    let question = DNSQuestion(name, arguments.type.type)
    let client = client
    let seen = await withTaskGroup(of: (Int, Propagation.Seen).self) { group in
      for (index, server) in servers.enumerated() {
        group.addTask { (index, await Self.ask(client, question, answers, server, recursion)) }
      }
      return await group.reduce(into: [Int: Propagation.Seen]()) { $0[$1.0] = $1.1 }
    }
    return Propagation(seen: servers.enumerated().map { ($1, seen[$0] ?? .silent("\($1): not asked")) })
  }

  private static func ask(_ client: DNSClient, _ question: DNSQuestion, _ answers: Set<Set<DNSData>>, _ server: DNSServer, _ recursion: Bool) async -> Propagation.Seen {
    do throws(DNSError) {
      let answer = try await client.ask(question, of: server, recursion: recursion, deadline: NameServerKeeper.glance)
      guard answer.code == .noError || answer.code == .noSuchName else { return .silent("\(server): it says \(answer.code)") }
      // A server that has only heard of the zone, as a delegation that has gone astray.
      guard recursion || answer.isAuthoritative else { return .silent("\(server): it is no server of the zone") }
      let found = Set(answer.records(of: question).map(\.data))
      return answers.contains(found) ? .new : .old(found.map(\.description).sorted().joined(separator: " "))
    } catch { return .silent("\(error)") }
  }

  /// Asks again and again until no server gives another answer, or `patience` is over. Those that say nothing are asked twice at least.
  func spread(of answers: Set<Set<DNSData>>, among servers: [DNSServer], patience: TimeSpan, recursion: Bool = false, report: (Propagation) -> Void) async throws(StepFailure) -> Propagation {
    let end = ContinuousClock.now + patience.duration
    var pause = Duration.milliseconds(50)
    var rounds = 0
    while true {
      let found = await propagation(of: answers, among: servers, recursion: recursion)
      rounds += 1
      if Task.isCancelled { throw .cancelled }
      if found.old.isEmpty, found.silent.isEmpty || rounds > 1 { return found }
      let left = end - .now
      guard left > .zero else { return found }
      report(found)
      do { try await Task.sleep(for: min(pause, left)) } catch { throw .cancelled }
      pause = min(pause * 2, .seconds(2))
    }
  }
}
