internal import Diagnostics
internal import Units
internal import YAMLReading

/// Sites, secrets, stores and probes.
extension PlanReader {
  func site(_ name: Located<SiteName>, _ reader: consuming MappingReader) -> Site? {
    let site = Site(name: name, description: reader.text("description")?.value)
    reader.finish()
    return site
  }

  func secret(_ name: Located<SecretName>, _ reader: consuming MappingReader) -> Secret? {
    for key in ["value", "literal", "plain"] {
      guard let literal = reader.node(key) else { continue }
      collector.add(
        Diagnostic(
          "secret-literal", "the secret `\(name.value)` is written into the plan", at: literal.span, label: "a plan is read by many people",
          helps: ["write where the value is found: `env: NAME`, `file: PATH` or `command: [program, …]`, and change the secret that was exposed"]))
    }
    let site: Located<SiteName>? = reader.name("site")
    let found = oneOf(["env", "file", "command"], &reader, example: "env: \(name.value.rawValue.uppercased().replacing("-", with: "_"))")
    let source: SecretSource? =
      switch found?.key {
      case "env": reader.text("env").map { .env($0.value) }
      case "file": reader.text("file").map { .file($0.value) }
      case "command": reader.arguments("command").map { .command($0) }
      default: nil
      }
    reader.finish()
    // A secret whose source is wrong still counts as named, so that nobody is told twice. A plan with an error is never used.
    return Secret(name: name, source: source ?? .env(""), site: site)
  }

  /// `url: { secret: NAME }`; a text in its place is a secret written into the plan.
  func secretReference(_ key: String, _ reader: inout MappingReader) -> Located<SecretName>? {
    guard let node = reader.required(key, example: "{ secret: NAME }") else { return nil }
    if node.scalar != nil {
      collector.add(
        Diagnostic(
          "secret-literal", "`\(key)` of \(reader.what) is written into the plan", at: node.span, label: "may hold a password",
          helps: ["name it under `secrets:` (`env`, `file` or `command`) and write `\(key): { secret: NAME }`"]))
      return nil
    }
    guard var fields = MappingReader(node, "`\(key)` of \(reader.what)", collector) else { return nil }
    let name: Located<SecretName>? = fields.requiredText("secret", example: "NAME").map { $0.map { SecretName(rawValue: $0) } }
    fields.finish()
    return name
  }

  func store(_ name: Located<StoreName>, _ reader: consuming MappingReader) -> Store? {
    let site: Located<SiteName>? = reader.name("site")
    let kind: Store.Kind? = oneOf(["directory", "s3"], &reader, example: "directory: { path: /mnt/backups }").flatMap { kind, node in
      guard var fields = MappingReader(node, "`\(kind)` of the store `\(name.value)`", collector) else { return nil }
      let read: Store.Kind? =
        switch kind {
        case "s3": s3(&fields).map(Store.Kind.s3)
        default: fields.requiredText("path", example: "/mnt/backups").map { .directory(path: $0.value) }
        }
      fields.finish()
      return read
    }
    let bandwidth = reader.byteRate("bandwidth")
    reader.finish()
    return kind.map { Store(name: name, kind: $0, site: site, bandwidth: bandwidth) }
  }

  func probe(_ name: Located<ProbeName>, _ reader: consuming MappingReader) -> Probe? {
    let every = reader.positiveTimeSpan("every")?.value ?? .seconds(30)
    let timeout = reader.positiveTimeSpan("timeout")?.value ?? .seconds(5)
    let check: Probe.Check? = oneOf(["http", "tcp", "sql", "dns", "prometheus"], &reader, example: "http: { url: https://…/ready }").flatMap { kind, node in
      guard var fields = MappingReader(node, "`\(kind)` of the probe `\(name.value)`", collector) else { return nil }
      let check: Probe.Check? =
        switch kind {
        case "http": readHTTPExpectation(&fields).map(Probe.Check.http)
        case "tcp": tcp(&fields)
        case "dns": dns(&fields)
        case "prometheus": prometheus(&fields)
        default: sql(&fields)
        }
      fields.finish()
      return check
    }
    reader.finish()
    return check.map { Probe(name: name, check: $0, every: every, timeout: timeout) }
  }

  private func tcp(_ fields: inout MappingReader) -> Probe.Check? {
    guard let host = fields.requiredText("host", example: "db.example"), fields.required("port", example: "5432") != nil,
      let port = fields.integer("port", in: 1...65_535)
    else { return nil }
    return .tcp(host: host.value, port: port.value)
  }

  private func dns(_ fields: inout MappingReader) -> Probe.Check? {
    let server = fields.requiredText("server", example: "ns1.sie.example").flatMap { nameServer($0, "server", fields.what) }
    let name = fields.requiredText("name", example: "api.sie.example")
    let kind = fields.choice("type", of: DNSExpectation.Kind.self)?.value ?? .a
    let expect = fields.texts("expect")?.map(\.value) ?? []
    guard let server, let name else { return nil }
    return .dns(DNSExpectation(server: server, name: name.value, kind: kind, expect: expect))
  }

  private func prometheus(_ fields: inout MappingReader) -> Probe.Check? {
    let url = fields.requiredText("url", example: "http://prometheus:9090")
    let query = fields.requiredText("query", example: "up{job=\"api\"}")
    let key = fields.node("key") == nil ? nil : secretReference("key", &fields)
    guard let url, let query, isPlainURL(url, fields.what, collector) else { return nil }
    return .prometheus(PrometheusQuery(url: url.value, query: query.value, key: key))
  }

  /// `watch: { listen: ADDRESS:PORT, key: { secret: NAME } }`.
  func watch(_ top: inout MappingReader) -> WatchSettings? {
    guard let node = top.node("watch"), var reader = MappingReader(node, "`watch`", collector) else { return nil }
    var listen: NameServer? = WatchSettings.usualAddress
    if let text = reader.text("listen") {
      listen = NameServer(text.value).flatMap { $0.port == NameServer.usualPort ? nil : $0 }
      if listen == nil {
        collector.add(Diagnostic("wrong-value", "`listen` of `watch` is `\(text.value)`", at: text.span, label: "expected `ADDRESS:PORT`", helps: ["write `127.0.0.1:9096`"]))
      }
    }
    let key = secretReference("key", &reader)
    reader.finish()
    guard let listen, let key else { return nil }
    return WatchSettings(listen: listen, key: key)
  }

  private func sql(_ fields: inout MappingReader) -> Probe.Check? {
    let server: Located<ServerName>? = fields.requiredText("server", example: "NAME").map { $0.map { ServerName(rawValue: $0) } }
    let query = fields.requiredText("query", example: "select 1")
    let expect = fields.text("expect")?.value
    guard let server, let query else { return nil }
    return .sql(server: server, query: query.value, expect: expect)
  }
}

/// `url` and `expect: { status, json, contains }`; the same in a probe and in the fields of `http.check`.
public func readHTTPExpectation(_ fields: inout MappingReader) -> HTTPExpectation? {
  let collector = fields.collector
  let url = fields.requiredText("url", example: "https://…/ready")
  var expectation = HTTPExpectation(url: url?.value ?? "")
  if let node = fields.node("expect"), var expect = MappingReader(node, "`expect` of \(fields.what)", collector) {
    expectation.status = expect.integer("status", in: 100...599)?.value
    expectation.json = expect.node("json").flatMap(jsonValue)
    expectation.contains = expect.text("contains")?.value
    expect.finish()
  }
  guard let url, isPlainURL(url, fields.what, collector) else { return nil }
  return expectation
}

/// Whether it is a URL of http or https without a password; what is wrong with it is reported.
func isPlainURL(_ url: Located<String>, _ what: String, _ collector: DiagnosticCollector) -> Bool {
  guard url.value.hasPrefix("http://") || url.value.hasPrefix("https://") else {
    collector.add(Diagnostic("wrong-value", "the URL `\(url.value)` is not one of http or https", at: url.span, helps: ["write `https://host/path`"]))
    return false
  }
  guard url.value.dropFirst(8).prefix(while: { $0 != "/" }).contains("@") else { return true }
  collector.add(Diagnostic("secret-literal", "the URL of \(what) holds a user name or password", at: url.span, helps: ["remove `user:password@` from the URL"]))
  return false
}
