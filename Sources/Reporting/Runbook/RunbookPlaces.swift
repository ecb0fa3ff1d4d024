internal import Calendar
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

extension Runbook {
  /// What is backed up, how, and what a run of the protection does.
  var backupProcedures: String {
    var text = """
      ## Backup procedures

      `sie-dr apply --yes \(path)` makes every backup that is due and the copies that are missing, and removes what has expired;
      `sie-dr points list \(path)` shows what there is.

      """
    for protection in typed.protection {
      text += "\n### `\(protection.dataClass.name.value)`: \(protection.protection.name.value)\n\n" + lines(protection).map { "- \($0)\n" }.joined()
    }
    return text
  }

  private func lines(_ typed: TypedProtection) -> [String] {
    let (protection, data) = (typed.protection, typed.dataClass)
    let databases = data.databases.isEmpty ? "" : " of the databases " + data.databases.map(Markdown.code).joined(separator: ", ")
    let servers = data.servers.map { "`\($0.value)`" }.joined(separator: ", ")
    let source = data.servers.count == 1 ? servers : "whichever of \(servers) is a primary, the first"
    let start = protection.jitter.map { "; a run may start \($0.value.rounded) late" } ?? ""
    let missed = protection.misses > 0 ? "; \(protection.misses) missed in a row are allowed for" : ""
    var lines = [
      "A \(protection.method.name) backup\(databases) from \(source), \(protection.schedule.value.sentence)\(start)\(missed).",
      "Into `\(protection.store.value)`" + (protection.copies.isEmpty ? "." : ", then copied to " + protection.copies.map { "`\($0.value)`" }.joined(separator: ", ") + "."),
      "Kept for " + (protection.keep.map(Self.retention) ?? "ever") + ".",
    ]
    if !protection.recipients.isEmpty {
      let key = data.identity.map { "the secret `\($0.value)`" } ?? "a private key that the plan does not name"
      let count = protection.recipients.count
      lines.append("Encrypted to " + (count == 1 ? "a public key" : "\(count) public keys, any of which is enough") + "; a restore needs \(key).")
    }
    switch protection.ping {
    case .url: lines.append("When a new point is in all its stores, a URL is called; whoever waits for the call raises the alarm when it does not come.")
    case .secret(let name): lines.append("When a new point is in all its stores, the URL in the secret `\(name.value)` is called; whoever waits for the call raises the alarm when it does not come.")
    case nil: break
    }
    if typed.steps.isEmpty { return lines + ["This version does not make it: somebody else does."] }
    let steps = typed.steps.map { "`\($0.specification.name)` (\($0.estimated.map { $0.amount.rounded } ?? "up to \($0.specification.longest.rounded)"))" }
    lines.append("Its steps: " + steps.joined(separator: ", ") + ".")
    return lines
  }

  /// Sites, servers, stores and secrets: what there is and where.
  var places: String {
    var parts: [String] = []
    if !plan.sites.isEmpty {
      var table = Table(("site", .left), ("", .left))
      table.rows = plan.sites.map { ["`\($0.name.value)`", Markdown.line($0.description ?? "")] }
      parts.append(table.markdown())
    }
    if !plan.servers.isEmpty {
      var table = Table(("server", .left), ("kind", .left), ("site", .left), ("connection", .left))
      table.rows = plan.servers.map { server in
        ["`\(server.name.value)`", server.kindName.noun, site(server.site), connection(server)]
      }
      parts.append(table.markdown())
    }
    if !plan.stores.isEmpty {
      var table = Table(("store", .left), ("where", .left), ("site", .left), ("credentials", .left))
      table.rows = plan.stores.map { store in
        ["`\(store.name.value)`", place(store), site(store.site), store.credentials.map { "the secret `\($0.value)`" } ?? credentials(store)]
      }
      parts.append(table.markdown())
    }
    if !plan.secrets.isEmpty {
      var table = Table(("secret", .left), ("found in", .left), ("kept at", .left))
      table.rows = plan.secrets.map { secret in
        ["`\(secret.name.value)`", Self.source(secret.source), secret.site.map { "`\($0.value)`" } ?? "with the operators: no disaster of this plan takes it along"]
      }
      parts.append(table.markdown())
    }
    return "## Where everything is\n\n" + (parts.isEmpty ? "The plan names no places.\n" : parts.joined(separator: "\n"))
  }

  private func site(_ site: Located<SiteName>?) -> String { site.map { "`\($0.value)`" } ?? "none stated" }

  private func connection(_ server: Server) -> String {
    let secret = server.secrets.first.map { "the secret `\($0.value)`" }
    let place: String? =
      switch server.kind {
      case .postgresql, .redis: nil
      case .meilisearch(let url, _, _): Markdown.code(url)
      case .kubernetes(let context, _): "the context " + Markdown.code(context)
      case .dns(let zone): Markdown.code(zone.zone) + " at " + keeper(zone)
      case .rds(let instance): Markdown.code(instance.instance) + " in " + Markdown.code(instance.region)
      }
    return [place, secret].compactMap { $0 }.joined(separator: ", with ")
  }

  private func keeper(_ zone: DNSZone) -> String {
    switch zone.keeper {
    case .server(let host, _): Markdown.code("\(host)")
    case .route53(let id, _): "Route 53" + (id.map { ", hosted zone " + Markdown.code($0) } ?? "")
    }
  }

  private func place(_ store: Store) -> String {
    switch store.kind {
    case .directory(let path): "folder " + Markdown.code(path)
    case .s3(let bucket):
      "bucket " + Markdown.code(bucket.bucket + (bucket.prefix.isEmpty ? "" : "/" + bucket.prefix)) + (bucket.region.map { ", region \($0)" } ?? "")
        + (bucket.endpoint.map { ", at " + Markdown.code($0) } ?? "")
        + (bucket.lock.map { ", locked for \($0.duration.rounded) (\($0.mode.rawValue))" } ?? "")
    }
  }

  private func credentials(_ store: Store) -> String {
    switch store.kind {
    case .directory: ""
    case .s3: "where AWS's own tools look"
    }
  }

  private static func source(_ source: SecretSource) -> String {
    switch source {
    case .env(let name): "environment variable " + Markdown.code(name)
    case .file(let path): "file " + Markdown.code(path)
    case .command(let arguments): "output of " + Markdown.code(arguments.map(Shell.word).joined(separator: " "))
    }
  }
}
