internal import PlanModel
internal import ProviderInterface

/// One key of the plan language: for the schema and for editors. Tests hold this description against the reader itself.
struct PlanKey: Sendable {
  /// What may stand behind a key.
  indirect enum Shape: Sendable {
    case text, bool, retention, timeSpan, size, byteRate, pace, capacity, percentage, input, secretReference, argumentList, date, anything
    case integer(ClosedRange<Int>)
    case constant(String)
    case choice([String])
    case names
    case inputs
    case object([PlanKey])
    /// With exactly one of some sets of keys.
    case objectWithOne(of: [[String]], [PlanKey])
    /// Exactly one of these.
    case oneOf([Shape])
    case list(Shape)
    /// A map keyed by names.
    case map(Shape)
    /// A step: the common keys, and exactly one key with a dot.
    case step
  }
  var name: String
  var shape: Shape
  var isRequired: Bool
  var meaning: String
  init(_ name: String, _ shape: Shape, required: Bool = false, _ meaning: String) {
    self.name = name; self.shape = shape; isRequired = required; self.meaning = meaning
  }
}

/// The plan language, section by section.
enum PlanKeys {
  static let plan: [PlanKey] = [
    PlanKey("apiVersion", .constant("sie-dr/v1"), required: true, "The version of the language."),
    PlanKey("kind", .constant("RecoveryPlan"), required: true, "What the file is."),
    PlanKey("metadata", .object(metadata), required: true, "Name and owner of the plan."),
    variables, overlays,
    PlanKey("objectives", .object(objectives + [percentile]), "Targets of the service; a data class may state stricter ones."),
    PlanKey("sites", .map(.object([description])), "Places that can be lost as a whole."),
    PlanKey("secrets", .map(.object(secret)), "Where secret values are found when they are needed."),
    PlanKey("servers", .map(.object(server)), "Servers that hold data, or can."),
    PlanKey("stores", .map(.object(store)), "Where recovery points are kept."),
    PlanKey("limits", .map(.capacity), "What steps share: a number of turns, or the bandwidth of a link."),
    PlanKey("state", .object([PlanKey("directory", .text, required: true, "A folder, from the plan file's folder on."), PlanKey("site", .text, "Where it is; with whoever runs sie-dr if not given.")]), "Where journals and the lock are kept; `.sie-dr` beside the plan if not given."),
    PlanKey("metrics", .text, "A folder, from the plan file's folder on, for a file of metrics: node_exporter's textfile folder."),
    PlanKey("signers", .text, "The file of those who may sign approvals, from the plan file's folder on; `allowed_signers` if not given."),
    PlanKey("probes", .map(.object(probe)), "Questions about the world's health."),
    PlanKey(
      "watch",
      .object([
        PlanKey("listen", .text, "The address and port; 127.0.0.1:9096 if not given."), PlanKey("key", .secretReference, required: true, "The bearer token of whoever calls."),
      ]), "What `watch` listens to: Alertmanager's webhook, and watches in other places."),
    PlanKey("data", .map(.oneOf([.object(dataClass), .object(repository)])), "The data classes: what is protected, how, and how well."),
    PlanKey("consistency", .map(.object(group)), "Data classes that must be from one moment."),
    PlanKey("scenarios", .map(.object(scenario + [provisional, modes(of: scenario)])), "Disasters, and what is done about them."),
    PlanKey("observations", .object([PlanKey("maxAge", .timeSpan, "How old they may be; any age if not given.")]), "What `observe` has recorded, for `plan` and `lint` elsewhere."),
    PlanKey("communication", .map(.object(audience)), "Who is told during an incident, where, and how often."),
    PlanKey("drills", .map(.object(drill)), "Exercises, and how often they are held."),
    PlanKey("postIncident", .object(postIncident), "What is owed when an incident is over."),
    PlanKey("evidence", .names, "Files of measurements, from the plan file's folder on: the only place from which figures take them."),
    PlanKey("lint", .object([PlanKey("ignore", .list(.object(ignore)), "Findings that may stay.")]), "What lint is not to report."),
  ]

  private static let group = [
    PlanKey("data", .names, required: true, "The data classes."), PlanKey("within", .timeSpan, "How far apart they may be; 0s if not given."),
  ]
  static let description = PlanKey("description", .text, "For people.")
  private static let site = PlanKey("site", .text, "Where it is; what lies in a lost site is lost with it.")
  private static let metadata = [
    PlanKey("name", .text, required: true, "The plan's name."), PlanKey("owner", .text, "Who answers for it."), description,
  ]
  private static let ignore = [
    PlanKey("rule", .text, required: true, "The code of the finding."), PlanKey("at", .text, required: true, "The part of the plan that it is in: `data.NAME`."),
    PlanKey("reason", .text, required: true, "Why it may stay."), PlanKey("until", .date, "The day, or the time, from which it is reported again."),
  ]
  private static let objectives = [
    PlanKey("rto", .timeSpan, "How long recovery may take, from the disaster on."), PlanKey("rpo", .timeSpan, "How much may be lost."),
  ]
  private static let percentile = PlanKey("percentile", .integer(1...99), "In how many of a hundred recoveries `rto` must hold, as measured.")
  private static let secret = [
    PlanKey("env", .text, "An environment variable."), PlanKey("file", .text, "A file that holds the value."),
    PlanKey("command", .argumentList, "A program that prints the value."), site,
  ]
  private static let server = [
    PlanKey("postgresql", .object([PlanKey("url", .secretReference, required: true, "The connection URL of one database, as a secret.")]), "A PostgreSQL server."),
    PlanKey("redis", .object([PlanKey("url", .secretReference, required: true, "Its URL, as a secret.")]), "A Redis server."),
    PlanKey("meilisearch", .object([
      PlanKey("url", .text, required: true, "Its URL."), PlanKey("key", .secretReference, "The master key."),
      PlanKey("version", .text, "Which version it runs, in quotes: `\"1.11\"` is any of 1.11; steps refuse another one."),
      PlanKey("dumps", .text, "The folder of its `--dump-dir`, as seen from the host where sie-dr runs: it serves no dump over HTTP."),
    ]), "A Meilisearch server."),
    PlanKey(
      "kubernetes", .object([PlanKey("context", .text, required: true, "The context of kubectl."), PlanKey("kubeconfig", .secretReference, "Its kubeconfig; kubectl's own if not given.")]),
      "A Kubernetes cluster."),
    PlanKey(
      "dns",
      .objectWithOne(of: [["host"], ["route53"]], [
        PlanKey("zone", .text, required: true, "The zone."), PlanKey("host", .text, "The host that takes its updates."),
        PlanKey("key", .secretReference, "The TSIG key that signs them: what `tsig-keygen` writes, or `ALGORITHM:NAME:SECRET`."),
        PlanKey("authoritative", .names, "The servers of the zone that must answer a change; those that the zone names if not given, and at Route 53 none."),
        PlanKey("resolvers", .names, "Resolvers that are asked when a change should be everywhere."),
        PlanKey(
          "route53", .object([PlanKey("id", .text, "The id of the hosted zone; found by the zone's name if not given.")] + aws("`us-east-1` if not given")),
          "Amazon Route 53, which is asked by its own interface, instead of `host` and `key`."),
      ]), "A DNS zone."),
    PlanKey(
      "rds",
      .object([
        PlanKey("region", .text, required: true, "The AWS region."), PlanKey("instance", .text, required: true, "Its identifier there."),
        PlanKey("endpoint", .text, "Where the API is, as `https://HOST`; Amazon's own of the region if not given."),
        PlanKey("credentials", .secretReference, "The access key, as for stores in buckets; what AWS's own tools would find if not given."),
      ]), "A database that Amazon RDS runs, as its API knows it."),
    site,
  ]
  /// How a service of AWS is reached.
  private static func aws(_ usualRegion: String) -> [PlanKey] {
    [
      PlanKey("region", .text, "The region that requests are signed for; \(usualRegion)."), PlanKey("endpoint", .text, "`https://HOST[:PORT]`; Amazon's if not given."),
      PlanKey("ca", .text, "A file with the certificates of your own authority."),
      PlanKey("credentials", .secretReference, "Where the keys come from; the environment, profiles and roles as every tool finds them if not given."),
    ]
  }
  private static let store = [
    PlanKey("directory", .object([PlanKey("path", .text, required: true, "A folder, from the plan file's folder on.")]), "A folder."),
    PlanKey("s3", .object(s3), "A bucket of an S3 object store."), PlanKey("bandwidth", .byteRate, "What all transfers to and from it may take together."), site,
  ]
  private static let s3 = [
    PlanKey("bucket", .text, required: true, "The bucket."), PlanKey("prefix", .text, "What every key begins with."),
    PlanKey("region", .text, "The region that requests are signed for."), PlanKey("endpoint", .text, "`https://HOST[:PORT]` of a store that is not Amazon's."),
    PlanKey("style", .choice(["path", "virtual"]), "Where the bucket stands in the URL."), PlanKey("ca", .text, "A file with the certificates of your own authority."),
    PlanKey("credentials", .secretReference, "Where the keys come from; the environment, profiles and roles as every tool finds them if not given."),
    PlanKey("encryption", .object([PlanKey("s3", .anything, "By the store's own key."), PlanKey("kms", .text, "By this key.")]), "Server-side encryption."),
    PlanKey(
      "lock", .object([PlanKey("mode", .choice(["governance", "compliance"]), required: true, "How strict."), PlanKey("for", .timeSpan, required: true, "How long.")]),
      "Object lock."),
  ]
  static let expect = PlanKey(
    "expect",
    .object([
      PlanKey("status", .integer(100...599), "The status; any 2xx if not given."), PlanKey("json", .anything, "Members that the answer's JSON must hold."),
      PlanKey("contains", .text, "A text that the body must contain."),
    ]), "What the answer must be like.")
  private static let probe = [
    PlanKey("http", .object([PlanKey("url", .text, required: true, "The URL."), expect]), "An HTTP request."),
    PlanKey("tcp", .object([PlanKey("host", .text, required: true, "The host."), PlanKey("port", .integer(1...65_535), required: true, "The port.")]), "A TCP connection."),
    PlanKey(
      "sql",
      .object([
        PlanKey("server", .text, required: true, "Which server."), PlanKey("query", .text, required: true, "One query."),
        PlanKey("expect", .text, "The first column of the first row."),
      ]), "A query."),
    PlanKey(
      "dns",
      .object([
        PlanKey("server", .text, required: true, "The name server: `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`."), PlanKey("name", .text, required: true, "The name."),
        PlanKey("type", .choice(DNSExpectation.Kind.allCases.map(\.rawValue)), "The type of record; A if not given."),
        PlanKey("expect", .names, "One of these must be among what the answer says; anything will do if not given."),
      ]), "A question to a name server."),
    PlanKey(
      "prometheus",
      .object([
        PlanKey("url", .text, required: true, "The server's URL, without `/api/v1`."),
        PlanKey("query", .text, required: true, "An instant query: well is an answer with at least one sample and none that is 0."),
        PlanKey("key", .secretReference, "A bearer token."),
      ]), "A query to Prometheus."),
    PlanKey("every", .timeSpan, "How often it is asked; 30s if not given."), PlanKey("timeout", .timeSpan, "How long an answer may take; 5s if not given."),
  ]
  private static let estimate = [
    PlanKey("size", .size, "How large it is."), PlanKey("dump", .pace, "How long a dump takes, or its rate."),
    PlanKey("upload", .pace, "What uploading adds to it."), PlanKey("copy", .pace, "How long a copy to a further store takes."),
    PlanKey("restore", .pace, "How long a restore takes."),
    PlanKey("base", .pace, "How long a base backup takes until it ends."), PlanKey("wal", .timeSpan, "From the end of a WAL segment until it is in its stores."),
    PlanKey("walRate", .byteRate, "How much WAL is written per second, for as long as the load lasts."),
    PlanKey("walPush", .byteRate, "How much of it can be brought into the stores per second."),
  ]
  static let logical = PlanKey(
    "logical",
    .object([
      PlanKey("workers", .integer(1...32), "Sessions that read at once; 2 if not given."),
      PlanKey("yieldAfter", .timeSpan, "How long somebody may wait behind the backup before it gives way; 30s if not given."),
      PlanKey("databases", .names, "Databases of the server, all in one point; the one that the URL names if not given."),
      PlanKey("pieceSize", .size, "Large tables are read and loaded in pieces of about so much, at once; if not given 64MiB, for tables over 10GB 256MiB."),
    ]), "A parallel logical backup.")
  static let periodic = [
    PlanKey("jitter", .timeSpan, "How late a run may start: the period of whatever calls `apply`."),
    PlanKey("misses", .integer(0...100), "How many runs in a row may be missed within the target; 0 if not given."),
    PlanKey("to", .names, required: true, "The store that the point is written to."), PlanKey("copy", .names, "The stores that it is copied to."),
    PlanKey(
      "encrypt", .object([PlanKey("recipients", .names, required: true, "Public keys: `age1…`, `ssh-ed25519 …` or `ssh-rsa …`.")]),
      "Points are encrypted by `age`, for any one of these; not encrypted if not given."),
    PlanKey("keep", .retention, "How long points are kept; for ever if not given."),
    PlanKey("suspectBelow", .percentage, "With less than this share of the last good point's rows or bytes a point is suspect; 10% if not given."),
    PlanKey("ping", .input, "A URL that is called when a new point is good and in all its stores: text, or `{ secret: NAME }`."),
    PlanKey("timeout", .timeSpan, "For one attempt."), PlanKey("retries", .integer(0...20), "After a transient failure; 1 if not given."),
  ]
  private static let dataClass = [
    PlanKey("on", .names, required: true, "The servers where it can live."), PlanKey("home", .text, "Where failback leads."),
    PlanKey("priority", .choice(DataClass.Priority.allCases.map(\.rawValue)), "The higher goes first; medium if not given."),
    PlanKey("objectives", .object(objectives), "Stricter ones than the service's."), PlanKey("estimate", .object(estimate), "What the author believes, until there is evidence."),
    PlanKey("identity", .secretReference, "The private key that opens encrypted points: an identity file of `age`, as a secret."),
    PlanKey("protect", .map(protections), "How it is protected."),
  ] + origins
  private static let repository = [git] + dataClass.filter { ["priority", "objectives"].contains($0.name) }
  private static let scenario = [
    description,
    PlanKey(
      "loses",
      .object([
        PlanKey("sites", .names, "Sites."), PlanKey("servers", .names, "Servers."), PlanKey("stores", .names, "Stores."), PlanKey("secrets", .names, "Secrets."),
      ]), "What the disaster takes along."),
    PlanKey(
      "corrupts",
      .object([PlanKey("data", .names, required: true, "Data classes."), PlanKey("noticedWithin", .timeSpan, required: true, "How late that is noticed and writing has stopped, at most.")]),
      "Data that is there but wrong."),
    PlanKey("detect", .object(detection), "How it is noticed: part of the recovery time."),
    PlanKey("decide", .timeSpan, "How long people take to decide."),
    PlanKey("trigger", .object([PlanKey("by", .names, required: true, "People or roles.")]), "Who may start it by hand, whatever the probe says."),
    PlanKey("approve", .object(approval), "Whose signatures `apply` waits for: part of the recovery time."),
    PlanKey("onFailure", .choice(FailurePolicy.allCases.map(\.rawValue)), "What a failing step does to the run; pause if not given."),
    PlanKey("rollback", .object([PlanKey("before", .step, "Before anything is undone."), PlanKey("after", .step, "When everything is.")]), "Steps around a rollback."),
    PlanKey("steps", .map(.oneOf([.step, .object(choice)])), required: true, "What is done: steps, and choices among branches of steps."),
  ]

  /// What every step may say beside its kind.
  static let step = [
    PlanKey("needs", .names, "Steps that come before."), PlanKey("timeout", .timeSpan, "For one attempt."),
    PlanKey("retries", .integer(0...20), "After a transient failure; 0 if not given."), PlanKey("estimate", .timeSpan, "How long it is believed to take."),
    PlanKey("onFailure", .choice(FailurePolicy.allCases.map(\.rawValue)), "Instead of the scenario's."),
    PlanKey("undo", .step, "A step that takes it back."), PlanKey("irreversible", .text, "Why it cannot be taken back."),
    PlanKey("uses", .map(.capacity), "What it takes of the limits while it is at work."),
    PlanKey("approve", .object(approval), "Who must agree just before it acts: part of its duration."), only,
  ]
}
