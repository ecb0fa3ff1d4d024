internal import DNSClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// A name server's words as a person needs them at 03:00.
enum Failures {
  static func translate(_ error: DNSError, asking keeper: NameServerKeeper) -> StepFailure {
    let (arguments, host, key, now) = (keeper.arguments, keeper.host, keeper.key, keeper.now())
    let zone = arguments.zone.zone
    let secret = arguments.zone.secret.map { "the secret `\($0.name)`" } ?? "a key"
    let dig = keeper.zoneQuestion
    switch error.reason {
    case .cancelled: return .cancelled
    case .cannotResolve, .refusedConnection, .cannotConnect, .timedOut, .broken:
      return StepFailure(
        "name-server-silent", "the name server of `\(zone)` gives no answer: \(error)", details: ["without it the name stays where it is"],
        helps: ["is it reachable from here? \(dig) +tcp", "if it is lost, name another one that takes updates as `host` of the server `\(arguments.zone.server)`"], transient: true)
    case .malformed, .unproven:
      return StepFailure(
        "answer-not-understood", "the name server of `\(zone)` cannot be trusted: \(error)", details: ["something else listens there, or somebody stands between"],
        helps: ["look what answers: \(dig) +tcp"], transient: true)
    case .unknownKey:
      return StepFailure(
        "key-refused", "the name server \(host) knows no key named `\(key?.name.description ?? "")`", helps: ["add the key to the server, or correct \(secret): the name must be the same on both sides"])
    case .wrongKey:
      return StepFailure(
        "key-refused", "the name server \(host) knows the key `\(key?.name.description ?? "")` under another secret (BADSIG)", helps: ["store the server's own in \(secret)"])
    case .wrongTime(let theirs):
      let apart = theirs.map { TimeSpan(milliseconds: Int64(clamping: ($0 - now).milliseconds.magnitude)) }
      let which = theirs.map { $0 > now ? "behind" : "ahead of" } ?? ""
      return StepFailure(
        "clock-differs",
        apart.map { "this machine's clock is \($0.rounded) \(which) that of the name server \(host) (BADTIME)" } ?? "the clocks of this machine and of the name server \(host) differ (BADTIME)",
        details: ["a signature counts for 5 minutes"], helps: ["set both by NTP; `chronyc tracking` or `timedatectl` says which of them is wrong"])
    case .said(let code): return said(code, arguments, host, secret, dig)
    }
  }

  private static func said(_ code: DNSCode, _ arguments: DNSRecordKind.Arguments, _ host: DNSServer, _ secret: String, _ dig: String) -> StepFailure {
    let zone = arguments.zone.zone
    switch code {
    case .refused, .notAuthorized:
      let mark = "_sie-dr.\(arguments.shownName)"
      return StepFailure(
        "update-refused", "the name server \(host) refuses to be asked or updated here (\(code))", details: ["zone `\(zone)`, record `\(arguments.shownName)`"],
        helps: [
          arguments.zone.secret == nil ? "give the server `\(arguments.zone.server)` a `key`" : "let the key of \(secret) change `\(arguments.shownName)` \(arguments.type.rawValue) and `\(mark)` TXT",
          "is it a server of the zone? \(dig)",
        ])
    case .notImplemented:
      return StepFailure("update-refused", "the name server \(host) takes no updates (\(code))", helps: ["turn dynamic updates on (RFC 2136), or change the name by `command.run`"])
    case .notInZone:
      return StepFailure("update-refused", "the name server \(host) says that `\(arguments.shownName)` is not in the zone `\(zone)`", helps: ["correct `zone` of the server `\(arguments.zone.server)`"])
    default:
      return StepFailure(
        "name-server-failed", "the name server \(host) fails (\(code))", details: ["nothing was changed"], helps: ["look at its log", "ask it: \(dig)"], transient: code == .serverFailed)
    }
  }
}
