internal import Diagnostics
internal import YAMLReading

extension PlanReader {
  func server(_ name: Located<ServerName>, _ reader: consuming MappingReader) -> Server? {
    let site: Located<SiteName>? = reader.name("site")
    var version: Located<String>?
    let kind: Server.Kind? = oneOf(ServerKind.allCases.map(\.rawValue), &reader, example: "postgresql: { url: { secret: NAME } }").flatMap { key, node in
      guard let kind = ServerKind(rawValue: key), var fields = MappingReader(node, "`\(key)` of the server `\(name.value)`", collector) else { return nil }
      let read = serverKind(kind, &fields)
      if case .meilisearch = kind { version = fields.text("version") }
      fields.finish()
      return read
    }
    reader.finish()
    return kind.map { Server(name: name, kind: $0, site: site, version: version) }
  }

  private func serverKind(_ kind: ServerKind, _ fields: inout MappingReader) -> Server.Kind? {
    switch kind {
    case .postgresql: return secretReference("url", &fields).map(Server.Kind.postgresql)
    case .redis: return secretReference("url", &fields).map(Server.Kind.redis)
    case .meilisearch:
      let url = url("url", &fields, example: "http://search:7700")
      let key = optionalSecret("key", &fields)
      let dumps = fields.text("dumps")
      return url.map { .meilisearch(url: $0, key: key, dumps: dumps) }
    case .kubernetes:
      let context = fields.requiredText("context", example: "east")
      let kubeconfig = optionalSecret("kubeconfig", &fields)
      return context.map { .kubernetes(context: $0.value, kubeconfig: kubeconfig) }
    case .dns:
      let zone = fields.requiredText("zone", example: "sie.example")
      let keeper = keeper(&fields)
      let lists = ["authoritative", "resolvers"].map { list in (fields.texts(list) ?? []).compactMap { nameServer($0, list, fields.what) } }
      guard let zone, let keeper else { return nil }
      return .dns(DNSZone(zone: zone.value, keeper: keeper, authoritative: lists[0], resolvers: lists[1]))
    case .rds: return rds(&fields).map(Server.Kind.rds)
    }
  }

  /// `host` and perhaps `key`, or `route53`.
  private func keeper(_ fields: inout MappingReader) -> DNSZone.Keeper? {
    guard let node = fields.node("route53") else {
      let host = fields.requiredText("host", example: "ns1.sie.example").flatMap { nameServer($0, "host", fields.what) }
      let key = optionalSecret("key", &fields)
      return host.map { .server($0, key: key) }
    }
    for other in ["host", "key"] where fields.node(other) != nil {
      collector.add(
        Diagnostic(
          "too-many-keys", "\(fields.what) has both `route53` and `\(other)`", at: fields.span(of: other),
          label: "`host` and `key` are of a server that takes signed updates; Route 53 is asked by its own interface"))
    }
    guard var reader = MappingReader(node, "`route53` of \(fields.what)", collector) else { return nil }
    let id = reader.text("id")
    let access = awsAccess(&reader)
    reader.finish()
    if let id, !id.value.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }) {
      collector.add(
        Diagnostic("wrong-value", "`\(id.value)` cannot be the id of a hosted zone", at: id.span, helps: ["write it like `Z0123456789ABCDEFGHIJ`, without `/hostedzone/`, or leave it out: the zone is found by its name"]))
      return nil
    }
    return .route53(id: id?.value, access)
  }

  private func rds(_ fields: inout MappingReader) -> RDSInstance? {
    let region = fields.requiredText("region", example: "us-east-1")
    let instance = fields.requiredText("instance", example: "orders-east")
    let endpoint = fields.node("endpoint") == nil ? nil : url("endpoint", &fields, example: "https://rds.us-east-1.amazonaws.com")
    let credentials = optionalSecret("credentials", &fields)
    if let region { check(region, "region", fields.what, "a region is written as `us-east-1`") { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D } }
    // Amazon RDS User Guide, "Naming constraints": letters, digits and single hyphens, the first a letter, at most 63; kept in lower case.
    if let instance {
      check(instance, "instance", fields.what, "an identifier has lower-case letters, digits and single hyphens, the first a letter, and 63 of them at most") {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
    }
    guard let region, let instance else { return nil }
    return RDSInstance(region: region.value, instance: instance.value, endpoint: endpoint, credentials: credentials)
  }

  private func check(_ text: Located<String>, _ key: String, _ what: String, _ help: String, allows: (UInt8) -> Bool) {
    let bytes = text.value.utf8
    let isWhole = (1...63).contains(bytes.count) && bytes.allSatisfy(allows) && (0x61...0x7A).contains(bytes.first ?? 0)
    guard !isWhole || text.value.hasSuffix("-") || text.value.contains("--") else { return }
    collector.add(Diagnostic("wrong-value", "`\(key)` of \(what) is `\(text.value)`", at: text.span, helps: [help]))
  }

  private func optionalSecret(_ key: String, _ fields: inout MappingReader) -> Located<SecretName>? {
    // Asked for in any case: what is known here is told where a key is misspelt.
    fields.node(key) == nil ? nil : secretReference(key, &fields)
  }

  func nameServer(_ text: Located<String>, _ key: String, _ what: String) -> NameServer? {
    if let server = NameServer(text.value) { return server }
    collector.add(Diagnostic("wrong-value", "`\(key)` of \(what) is `\(text.value)`", at: text.span, label: "expected `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`"))
    return nil
  }

  private func url(_ key: String, _ fields: inout MappingReader, example: String) -> String? {
    guard let url = fields.requiredText(key, example: example), isPlainURL(url, fields.what, collector) else { return nil }
    return url.value
  }
}

extension ReferenceChecker {
  /// What only some kinds of server can do.
  func checkServerKinds() {
    for probe in plan.probes {
      if case .sql(let server, _, _) = probe.check, let problem = plan.problem(with: server, as: .postgresql) { collector.add(problem) }
    }
    for dataClass in plan.dataClasses {
      for protection in dataClass.protections {
        guard case .logical = protection.method, let other = dataClass.servers.first(where: { plan.server($0.value).map { $0.kindName != .postgresql } ?? false }),
          let server = plan.server(other.value)
        else { continue }
        collector.add(
          Diagnostic(
            "wrong-value", "`\(protection.name.value)` of `\(dataClass.name.value)` is a logical backup, and `\(other.value)` is a \(server.kindName.noun)",
            at: protection.name.span, label: "only a PostgreSQL server is backed up like that", related: [.init(span: other.span, label: "where the data lives")],
            helps: ["remove the protection: this version backs up PostgreSQL servers only"]))
      }
    }
  }
}
