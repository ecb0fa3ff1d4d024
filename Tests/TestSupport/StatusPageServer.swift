public import CanonicalJSON
internal import Concurrency

/// The part of Statuspage's interface that a run uses, as its documentation has it: incidents are made by POST, listed by GET, changed by PUT.
public final class StatusPageServer: Sendable {
  public static let key = "canary-7f3a-status"
  private let incidents: Lock<[JSONValue]>
  private let broken: Lock<[HTTPServer.Reply]>
  public let server: HTTPServer

  /// Gives the replies one after another instead of its own; a nil answer of `before` means that it does what it should.
  public init() throws {
    let incidents = Lock<[JSONValue]>([])
    let broken = Lock<[HTTPServer.Reply]>([])
    (self.incidents, self.broken) = (incidents, broken)
    server = try HTTPServer { request in
      let own = Self.answer(request, incidents)
      return broken.withLock { broken in broken.isEmpty ? nil : broken.removeFirst() } ?? own
    }
  }

  public var url: String { "\(server.url)/v1/pages/abc" }
  public var all: [JSONValue] { incidents.withLock { $0 } }
  /// Each is said once, after the request has been done.
  public func say(_ replies: HTTPServer.Reply...) { broken.withLock { $0 += replies } }

  private static func answer(_ request: HTTPServer.Request, _ incidents: Lock<[JSONValue]>) -> HTTPServer.Reply {
    guard request.headers["authorization"] == "OAuth \(key)" else { return .text(401, #"{"error":"Could not authenticate"}"#) }
    let path = request.path.prefix { $0 != "?" }
    let body = (try? CanonicalJSON.decode(JSONValue.self, from: request.body))?["incident"]?.object
    return incidents.withLock { incidents in
      switch (request.method, path) {
      case ("GET", "/v1/pages/abc/incidents"): return .text(200, (try? CanonicalJSON.text(incidents)) ?? "")
      case ("POST", "/v1/pages/abc/incidents"):
        guard var members = body, members["name"]?.string != nil else { return .text(422, #"{"error":["incident[name] is missing"]}"#) }
        members["id"] = .string("inc\(incidents.count)")
        members["impact_override"] = nil
        incidents.insert(.object(members), at: 0)
        return .text(201, (try? CanonicalJSON.text(members)) ?? "")
      case ("PUT", let path) where path.hasPrefix("/v1/pages/abc/incidents/"):
        guard let index = incidents.firstIndex(where: { path.hasSuffix("/" + ($0["id"]?.string ?? "?")) }), let body, var members = incidents[index].object else { return .text(404, "{}") }
        members.merge(body) { _, new in new }
        incidents[index] = .object(members)
        return .text(200, (try? CanonicalJSON.text(members)) ?? "")
      default: return .text(404, "{}")
      }
    }
  }
}
