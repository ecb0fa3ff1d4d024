import CanonicalJSON
import HTTPClient
@testable import NotificationProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("Channels of messages", .timeLimit(.minutes(3)), .serialized)
struct ChannelTests {
  // MARK: Slack

  @Test("a webhook gets the text as JSON, its signs made harmless") func slack() async throws {
    let hook = try HTTPServer { _ in .text(200, "ok") }
    let sent = try await World().send("a <b> & \"c\" ä", by: World.slack("\(hook.url)/services/\(canary)"))
    #expect(sent?.isSent == true && sent?.outcome.hasPrefix("sent by slack after ") == true, "\(sent?.outcome ?? "")")
    let request = try #require(hook.requests.first)
    #expect(request.method == "POST" && request.headers["content-type"] == "application/json" && hook.requests.count == 1)
    #expect(try CanonicalJSON.decode(JSONValue.self, from: request.body) == ["text": "a &lt;b&gt; &amp; \"c\" ä"])
  }

  @Test("a full or ill channel is asked again, as late as it says", arguments: ["429", "503", "500"]) func again(_ how: String) async throws {
    let hook = try HTTPServer { _ in
      .text(200, "ok")
    }
    let first = try HTTPServer { _ in how == "429" ? .answer(429, headers: ["Retry-After": "1"]) : .text(503, "no") }
    let proxy = try FaultProxy(to: hook.port) { exchange in
      guard exchange.index == 0 else { return nil }
      return how == "429" ? .answer(429, headers: ["Retry-After": "1"]) : how == "503" ? .answer(503) : .answer(500)
    }
    let began = ContinuousClock.now
    let sent = try await World().send(by: World.slack("\(proxy.url)/x"))
    #expect(sent?.isSent == true && hook.requests.count == 1, "\(sent?.outcome ?? "")")
    #expect(began.duration(to: .now) > (how == "429" ? .seconds(1) : .milliseconds(40)))
    // One that never gets better is given up when its time is over.
    let never = try await World().with { $0.patience.perChannel = .milliseconds(300) }.send(by: World.slack("\(first.url)/x"))
    #expect(never?.state == .notSent && never?.outcome.contains(how == "429" ? "takes no more for now (429)" : "it says 503") == true, "\(never?.outcome ?? "")")
  }

  @Test("a webhook that is no more is not asked again; nothing of its URL is said", arguments: [400, 403, 404, 410]) func gone(_ status: Int) async throws {
    let hook = try HTTPServer { _ in .text(status, canary) }
    let world = World().with { $0.values["hook"] = "\(hook.url)/services/\(canary)" }
    let sent = try await world.send(by: Channel(by: .slack, to: World.secret("hook")))
    #expect(sent?.state == .notSent && sent?.outcome == "not sent: slack: it says \(status)" && hook.requests.count == 1)
    for file in try await world.files() { #expect(!file.value.contains(canary), "\(file)") }
  }

  @Test("a secret that is missing, or no URL, is a reason not to send, without its value", arguments: ["", canary, "ftp://\(canary)"]) func secrets(_ value: String) async throws {
    let world = World().with { $0.values["hook"] = value.isEmpty ? nil : value }
    let sent = try #require(try await world.send(by: Channel(by: .slack, to: World.secret("hook"))))
    #expect(sent.state == .notSent && !sent.outcome.contains(canary), "\(sent.outcome)")
    #expect(sent.outcome.contains(value.isEmpty ? "the secret `hook` cannot be had" : "a URL that begins with"), "\(sent.outcome)")
  }

  // MARK: Status page

  @Test("the messages of a run are one incident, those of another are another") func page() async throws {
    let page = try StatusPageServer()
    let (world, outbox) = (World(), World().outbox)
    _ = try await world.post("Investigating.", by: [World.page(page)], as: "tell", in: outbox)
    _ = try await world.post("All is well.", by: [World.page(page, .resolved)], as: "told", in: outbox)
    let sent = await outbox.finish(within: .seconds(20))
    #expect(sent.map(\.isSent) == [true, true], "\(sent.map(\.outcome))")
    #expect(page.all.count == 1 && page.all[0]["status"] == "resolved" && page.all[0]["body"] == "All is well." && page.all[0]["name"] == "Investigating.")
    #expect(page.all[0]["metadata"]?["sie-dr"]?["messages"] == ["tell", "told"])
    let other = world.with { $0.run = RunID(rawValue: "other") }
    #expect(try await other.send(by: World.page(page))?.isSent == true)
    #expect(page.all.count == 2 && page.server.requests.map(\.method) == ["GET", "POST", "GET", "PUT", "GET", "POST"])
  }

  @Test("an incident whose answer was lost is found, and not made twice", arguments: ["hang-up", "502", "silence"]) func lost(_ how: String) async throws {
    let page = try StatusPageServer()
    page.say(.text(200, "[]"), how == "502" ? .text(502, "") : how == "silence" ? .silence : .hangUp)
    let sent = try await World().with { $0.patience.perChannel = .seconds(20) }.send(by: World.page(page))
    #expect(sent?.isSent == true && page.all.count == 1, "\(sent?.outcome ?? "")")
  }

  @Test("a wrong key, and an answer that is none", arguments: ["key", "garbage", "incident"]) func wrong(_ how: String) async throws {
    let page = try StatusPageServer()
    if how == "garbage" { page.say(.text(200, "<html>\(canary)")) }
    if how == "incident" { page.say(.text(200, #"[{"id":"../\#(canary)?","metadata":{"sie-dr":{"run":"20261124T120000Z-test","messages":[]}}}]"#)) }
    let world = World().with { if how == "key" { $0.values["page-key"] = canary + "-wrong" } }
    let sent = try #require(try await world.send(by: World.page(page)))
    #expect(sent.state == .notSent && !sent.outcome.contains(canary) && page.all.isEmpty, "\(sent.outcome)")
    #expect(sent.outcome.contains(how == "key" ? "it says 401" : "is not understood"), "\(sent.outcome)")
  }

  // MARK: Mail

  private static let mailServer = Result { try MailServer.start() }

  @Test("a mail goes over TLS and with a password, and arrives as it was meant") func mail() async throws {
    let server = try Self.mailServer.get()
    try server.say("")
    let before = try server.mails().count
    let world = World().with { $0.values["mail-server"] = server.url; $0.certificates = server.certificate }
    let text = "Die Datenbank läuft nicht: 🙂.\n.\nA line with a dot alone stands above; " + String(repeating: "lang ", count: 60)
    let sent = try await world.send(text, by: World.mail())
    #expect(sent?.isSent == true, "\(sent?.outcome ?? "")")
    let mail = try CanonicalJSON.decode(JSONValue.self, from: Array(try #require(try server.mails().last).utf8))
    #expect(try server.mails().count == before + 1)
    #expect(mail["from"] == .string(MailServer.user) && mail["to"] == ["all@example.test"])
    #expect(mail["subject"] == "[shop] Die Datenbank läuft nicht: 🙂.")
    #expect(mail["text"]?.string?.replacing("\r\n", with: "\n") == text + "\n\n-- \nshop, run 20261124T120000Z-test\n")
    #expect(mail["id"] == "<20261124T120000Z-test.tell@example.test>" && mail["raw"]?.string?.contains(canary) == false)
    #expect(mail["raw"]?.string?.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 } == true)
  }

  struct Wrong: Sendable { var what: String; var words: String; var state: OutboxMessage.State; var mails = 0 }

  @Test("what a mail server says no to is told apart, without its words and the password", arguments: [
    Wrong(what: "password", words: "takes no such user with that password", state: .notSent), Wrong(what: "certificate", words: "its TLS certificate is not trusted", state: .notSent),
    Wrong(what: "no-tls", words: "offers no TLS", state: .notSent), Wrong(what: "550 canary-7f3a no", words: "the mail server says no (550)", state: .notSent),
    Wrong(what: "451 later", words: "the mail server says no (451)", state: .notSent), Wrong(what: "closed", words: "nothing listens on that port", state: .notSent),
    Wrong(what: "hang", words: "no complete answer within 3s", state: .doubtful, mails: 1), Wrong(what: "http", words: "invalid request", state: .notSent),
  ]) func mailWrong(_ wrong: Wrong) async throws {
    let server = wrong.what == "no-tls" ? try MailServer.start(tls: false) : try Self.mailServer.get()
    try server.say(wrong.what.contains(" ") || wrong.what == "hang" ? wrong.what : "")
    let before = try server.mails().count
    let closed = try HTTPServer.closedPort()
    let world = World().with {
      $0.certificates = wrong.what == "certificate" ? nil : server.certificate
      $0.patience.perChannel = .milliseconds(600)
      if wrong.what == "hang" { $0.mailPatience = .seconds(3) }
      switch wrong.what {
      case "password": $0.values["mail-server"] = server.url.replacing(MailServer.encodedPassword, with: "canary-7f3a-wrong")
      case "closed": $0.values["mail-server"] = "smtp://dr%40example.test:\(MailServer.encodedPassword)@localhost:\(closed)"
      case "http": $0.values["mail-server"] = "http://dr%40example.test:\(MailServer.encodedPassword)@localhost:\(server.port)"
      default: $0.values["mail-server"] = server.url
      }
    }
    let sent = try #require(try await world.send(by: World.mail()))
    #expect(sent.state == wrong.state && sent.outcome.contains(wrong.words), "\(sent.outcome)")
    #expect(!sent.outcome.contains(canary) && !sent.outcome.contains("canary"), "\(sent.outcome)")
    #expect(try server.mails().count - before == wrong.mails)
    for file in try await world.files() { #expect(!file.value.contains(canary), "\(file)") }
  }

  @Test("days of the week and addresses", arguments: [
    ("2026-11-30T20:08:17Z", "Mon, 30 Nov 2026 20:08:17 +0000"), ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"), ("2024-02-29T23:59:59.999Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
  ]) func dates(_ text: String, _ date: String) throws {
    #expect(MailText.date(try #require(Timestamp(text))) == date)
    #expect(MailText.sender(in: "smtp://dr%40a.example:p@h:1") == "dr@a.example" && MailText.sender(in: "smtp://dr:p@h") == nil && MailText.sender(in: "smtp://h") == nil)
    for wrong in ["a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "<a@b>", ""] { #expect(!MailMessage.isAddress(wrong)) }
  }
}
