public import Calendar
public import CanonicalJSON
public import Diagnostics
public import Units
public import YAMLReading

/// What the author wrote, with units and names understood and every reference checked; the steps' own fields are still YAML, since only
/// the step kinds know them. Collections keep the author's order.
public struct Plan: Sendable {
  public var file: SourceFile
  public var metadata: Metadata
  /// Of the service; a data class may state stricter ones.
  public var objectives: RecoveryObjectives
  public var sites: [Site]
  public var secrets: [Secret]
  public var servers: [Server]
  public var stores: [Store]
  /// What steps share.
  public var limits: [Limit]
  public var state: StateLocation?
  /// A folder for the metrics of protection runs; a relative path counts from the folder of the plan file.
  public var metrics: Located<String>?
  /// The file of those who may sign approvals (`allowed_signers` of OpenSSH); a relative path counts from the folder of the plan file.
  public var signers: Located<String>?
  public var probes: [Probe]
  /// What `watch` listens to and whom it tells.
  public var watch: WatchSettings?
  public var dataClasses: [DataClass]
  public var scenarios: [Scenario]
  /// Data classes that must be from one moment.
  public var consistency: [ConsistencyGroup] = []
  /// How old recorded observations may be; nil: as old as they are.
  public var observationsMaxAge: Located<TimeSpan>?
  /// Who is told during an incident.
  public var communication: [Audience]
  public var drills: [Drill]
  public var postIncident: PostIncident?
  /// Files of measurements; a relative path counts from the folder of the plan file.
  public var evidence: [Located<String>]
  /// Findings of lint that the author chose not to be told of.
  public var ignores: [LintIgnore]
  /// Points that a person chose for a run, whatever the steps say.
  public var chosenPoints: [DataClassName: String] = [:]
  /// What the files of evidence hold.
  public var runs: [EvidenceRun] = []
  /// What took the place of estimates, by where it stands.
  public var measurements: [SourceSpan: Measurement] = [:]
}

/// A finding that may stay: which rule's, where in the plan, why, and how long.
public struct LintIgnore: Sendable {
  public var rule: Located<String>
  /// A part of the plan, as `data.orders`: the finding is there or in it.
  public var at: Located<String>
  public var reason: String
  /// The first instant at which it no longer holds; nil: for good.
  public var until: Located<Timestamp>?
}

public struct Metadata: Sendable {
  public var name: String
  public var owner: String?
  public var description: String?
}

/// How long recovery may take (`rto`) and how much may be lost (`rpo`), as targets.
public struct RecoveryObjectives: Sendable {
  public var rto: Located<TimeSpan>?
  public var rpo: Located<TimeSpan>?
  /// Of how many recoveries in a hundred `rto` must hold, as measured; nil: nobody asks.
  public var percentile: Located<Int>?
  public init(rto: Located<TimeSpan>? = nil, rpo: Located<TimeSpan>? = nil) { self.rto = rto; self.rpo = rpo }
}

/// A place that can be lost as a whole: a region, a data centre, a rack. Has no role: who is active is observed.
public struct Site: Sendable {
  public var name: Located<SiteName>
  public var description: String?
}

/// Where a secret value comes from when it is needed. The value itself has no place in a plan, changeset, journal or log.
public struct Secret: Sendable {
  public var name: Located<SecretName>
  public var source: SecretSource
  /// Where the secret is kept; nil: with the operators, so no disaster takes it along.
  public var site: Located<SiteName>?
}

public enum SecretSource: Hashable, Sendable, Codable {
  /// An environment variable of the process that runs sie-dr.
  case env(String)
  /// The contents of a file, without a final line feed.
  case file(String)
  /// The output of a program (an argument list), without a final line feed.
  case command([String])
}

public struct Store: Sendable {
  public var name: Located<StoreName>
  public var kind: Kind
  public var site: Located<SiteName>?
  /// How much all transfers to and from it may take together; nil: what they get.
  public var bandwidth: Located<ByteRate>?

  public enum Kind: Hashable, Sendable {
    /// A folder; a relative path counts from the folder of the plan file.
    case directory(path: String)
    /// A bucket of Amazon S3, or of a store that speaks its language.
    case s3(S3Location)
  }
}

/// A bucket as the plan describes it.
public struct S3Location: Hashable, Sendable {
  public enum Style: String, Hashable, Sendable, Codable, CaseIterable { case path, virtual }
  public var bucket: String
  public var prefix: String
  public var region: String?
  /// `https://host:port`; nil: Amazon's, of the region.
  public var endpoint: String?
  /// Whether the bucket stands in the path or in the host's name; nil: as is usual at the endpoint.
  public var style: Style?
  /// A file of certificates to trust; a relative path counts from the folder of the plan file.
  public var certificates: String?
  /// Nil: where AWS's own tools look.
  public var credentials: Located<SecretName>?
  public var encryption: S3Encryption?
  public var lock: S3Lock?

  public init(
    bucket: String, prefix: String = "", region: String? = nil, endpoint: String? = nil, style: Style? = nil, certificates: String? = nil,
    credentials: Located<SecretName>? = nil, encryption: S3Encryption? = nil, lock: S3Lock? = nil
  ) {
    self.bucket = bucket; self.prefix = prefix; self.region = region; self.endpoint = endpoint; self.style = style; self.certificates = certificates
    self.credentials = credentials; self.encryption = encryption; self.lock = lock
  }
}

/// How a store encrypts what it keeps: with its own keys, or with one of its key service.
public enum S3Encryption: Hashable, Sendable, Codable {
  case s3
  case kms(key: String)
}

/// Objects that nobody can delete before their time. `governance` leaves a way for privileged people, `compliance` leaves none.
public struct S3Lock: Hashable, Sendable, Codable {
  public enum Mode: String, Hashable, Sendable, Codable, CaseIterable { case governance, compliance }
  public var mode: Mode
  public var duration: TimeSpan
  public init(mode: Mode, duration: TimeSpan) { self.mode = mode; self.duration = duration }
}

extension Store {
  /// The secret without which the store cannot be used; nil if the plan names none.
  public var credentials: Located<SecretName>? {
    switch kind {
    case .directory: nil
    case .s3(let location): location.credentials
    }
  }
}

/// Where journals and locks are kept.
public struct StateLocation: Sendable {
  /// A folder; a relative path counts from the folder of the plan file.
  public var directory: Located<String>
  /// Where the folder is; nil: with whoever runs sie-dr, so no disaster takes it along.
  public var site: Located<SiteName>?
}

/// A question about the world's health, asked again and again.
public struct Probe: Sendable {
  public var name: Located<ProbeName>
  public var check: Check
  public var every: TimeSpan
  public var timeout: TimeSpan

  public enum Check: Sendable {
    case http(HTTPExpectation)
    case tcp(host: String, port: Int)
    case sql(server: Located<ServerName>, query: String, expect: String?)
    case dns(DNSExpectation)
    case prometheus(PrometheusQuery)
  }
}

/// An HTTP request and what its answer must be like.
public struct HTTPExpectation: Hashable, Sendable, Codable {
  public var url: String
  /// Nil: any 2xx.
  public var status: Int?
  /// Members that the answer's JSON object must hold, recursively; others may be there.
  public var json: JSONValue?
  /// A text that the body must contain.
  public var contains: String?
  public init(url: String, status: Int? = nil, json: JSONValue? = nil, contains: String? = nil) {
    self.url = url; self.status = status; self.json = json; self.contains = contains
  }
}

/// Data with one owner, one set of objectives and one way of being protected.
public struct DataClass: Sendable {
  public var name: Located<DataClassName>
  /// Where it can live. Which of them holds it now is observed.
  public var servers: [Located<ServerName>]
  /// Where failback leads.
  public var home: Located<ServerName>?
  public var priority: Priority
  public var objectives: RecoveryObjectives
  public var estimate: Estimate
  /// The private key that opens encrypted points: needed to restore, never to back up.
  public var identity: Located<SecretName>?
  /// Those that make recovery points, in runs.
  public var protections: [Protection]
  /// Those that go on all the time.
  public var continuous: [ContinuousProtection] = []
  /// What it is made from.
  public var derivation: Derivation?
  /// It may be lost.
  public var ephemeral: Ephemeral?
  /// It lives in Git, and on no server.
  public var git: GitRepository?

  public enum Priority: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
    case low, medium, high, critical
    /// For the scheduler: the higher goes first.
    public var rank: Int { switch self { case .low: 0; case .medium: 1; case .high: 2; case .critical: 3 } }
    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
  }
}

extension DataClass {
  /// Where its points are, each store once, in the author's order.
  public var stores: [StoreName] {
    protections.flatMap { [$0.store] + $0.copies }.map(\.value).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// What the author believes about size and speed, until there is evidence. Marked as such wherever it is used.
public struct Estimate: Sendable {
  public var size: Located<ByteCount>?
  public var dump: Located<Pace>?
  public var upload: Located<Pace>?
  public var copy: Located<Pace>?
  public var restore: Located<Pace>?
  /// A base backup, from its start until it is complete in its stores.
  public var base: Located<Pace>?
  /// A WAL segment, from its end until it is in its stores.
  public var wal: Located<TimeSpan>?
  /// How much WAL is written per second, for as long as the load lasts.
  public var walRate: Located<ByteRate>?
  /// How much of it can be brought into the stores per second.
  public var walPush: Located<ByteRate>?
  public init() {}
}

/// How long something takes: as a time, or as a rate that the size turns into one.
public enum Pace: Hashable, Sendable, Codable {
  case takes(TimeSpan)
  case rate(ByteRate)

  /// Nil where a rate meets no size.
  public func time(for size: ByteCount?) -> TimeSpan? {
    switch self {
    case .takes(let span): span
    case .rate(let rate): size.map { rate.time(for: $0) }
    }
  }
}

/// One way of protecting a data class: what is made, how often, where it goes and how long it is kept.
public struct Protection: Sendable {
  public var name: Located<ProtectionName>
  public var method: Method
  /// When its runs are due.
  public var schedule: Located<Schedule>
  /// What becomes of a run that is due while the last one is at work. Our own queue; nobody but their author knows of others.
  public var overlap: Overlap = .queue
  /// How late a run may start after it is due: the period of whatever calls `apply`. Zero where the plan does not say.
  public var jitter: Located<TimeSpan>?
  /// How many runs in a row may be missed before the target is broken.
  public var misses: Int
  /// Where the point is written.
  public var store: Located<StoreName>
  /// Where it is copied to once it is complete.
  public var copies: [Located<StoreName>]
  /// The public keys that points are encrypted to; none: they are not encrypted.
  public var recipients: [Located<String>]
  public var keep: Retention?
  /// A point with less than this share, in percent, of the last good one's rows or bytes is suspect; nil: as is usual.
  public var suspectBelow: Int?
  /// Who is called when a new point is in all its stores.
  public var ping: Ping?
  public var timeout: Located<TimeSpan>?
  public var retries: Int
  public var span: SourceSpan

  public enum Ping: Sendable {
    case url(Located<String>)
    /// A URL that is a secret, or holds one.
    case secret(Located<SecretName>)
  }

  public enum Method: Sendable {
    case logical(LogicalOptions)
    /// What a search server writes of itself: as text that any version reads, or as its files.
    case dump, snapshot
    /// A program of the author's that somebody else calls, as cron does: it is computed with and read, and neither run nor seen.
    case command([String])
    /// As the plan says it: `logical`.
    public var name: String { switch self { case .logical: "logical"; case .dump: "dump"; case .snapshot: "snapshot"; case .command: "command" } }
    /// Somebody else calls it.
    public var isForeign: Bool { if case .command = self { true } else { false } }
  }
}

/// How a logical backup behaves towards the server it reads.
public struct LogicalOptions: Hashable, Sendable, Codable {
  /// Sessions that read at once.
  public var workers: Int
  /// How long somebody may wait behind the backup before the backup gives way.
  public var yieldAfter: TimeSpan
  /// Large tables are read in pieces of about so much; nil: by the size of the table.
  public var pieceSize: ByteCount?
  /// Of the server, all in one point; empty: the one that the server's URL names.
  public var databases: [String]
  public init(workers: Int = 2, yieldAfter: TimeSpan = .seconds(30), pieceSize: ByteCount? = nil, databases: [String] = []) {
    self.workers = workers; self.yieldAfter = yieldAfter; self.pieceSize = pieceSize; self.databases = databases
  }
}

extension DataClass {
  /// Those that its protections name; empty: the one that the server's URL names.
  public var databases: [String] {
    var names: [String] = []
    for protection in protections {
      switch protection.method {
      case .logical(let options): names += options.databases.filter { !names.contains($0) }
      case .dump, .snapshot, .command: break
      }
    }
    return names
  }
}

/// How long points are kept. Both hold: nothing younger than `duration` goes, and never fewer than `atLeast` good ones stay.
public struct Retention: Hashable, Sendable {
  public var duration: Located<TimeSpan>
  public var atLeast: Int
}

/// A disaster, and what is done about it.
public struct Scenario: Sendable {
  public var name: Located<ScenarioName>
  public var description: String?
  public var loses: Losses
  public var corrupts: Corruption?
  public var detection: Detection?
  /// How long people take to decide, from the alarm to `apply`.
  public var decide: Located<TimeSpan>?
  /// People or roles who may start it by hand, whatever the probe says.
  public var triggeredBy: [Located<String>]
  /// Who must agree once it is decided.
  public var approval: Approval?
  public var onFailure: FailurePolicy
  /// Steps run before and after a rollback: tell people, check the world.
  public var rollbackBefore: Step?
  public var rollbackAfter: Step?
  /// With those of the branches of `choices`.
  public var steps: [Step]
  public var choices: [Choice] = []
  /// Nil: what was done stays.
  public var provisional: Located<Provisional>?
}

/// What the disaster takes: decides which copies, secrets and servers survive.
public struct Losses: Sendable {
  public var sites: [Located<SiteName>] = []
  public var servers: [Located<ServerName>] = []
  public var stores: [Located<StoreName>] = []
  public var secrets: [Located<SecretName>] = []
  public init() {}
}

/// Data that is there but wrong, and how late that is noticed.
public struct Corruption: Sendable {
  public var dataClasses: [Located<DataClassName>]
  public var noticedWithin: Located<TimeSpan>
}

/// What a step's failure does to the run.
public enum FailurePolicy: String, Hashable, Sendable, Codable, CaseIterable {
  case pause, rollback, `continue`
}

/// A step as written: its kind's fields are not decoded yet.
public struct Step: Sendable {
  public var name: Located<StepName>
  public var kind: Located<StepKindName>
  public var fields: YAMLNode
  public var needs: [Located<StepName>]
  public var timeout: Located<TimeSpan>?
  public var retries: Int
  /// How long the step is believed to take.
  public var estimate: Located<TimeSpan>?
  public var onFailure: FailurePolicy?
  public var undo: WrittenUndo?
  /// What it takes of the plan's limits while it is at work.
  public var uses: [Use] = []
  /// Who must agree just before it acts.
  public var approval: Approval? = nil
  /// The modes in which it is done; empty: all.
  public var only: [Located<ModeName>] = []

  public struct Use: Sendable {
    public var limit: Located<LimitName>
    public var amount: Located<Capacity>
  }

  /// What the author says about taking the step back; nil leaves it to the step's kind.
  public indirect enum WrittenUndo: Sendable {
    case step(Step)
    case irreversible(reason: Located<String>)
  }
}

extension Plan {
  public func site(_ name: SiteName) -> Site? { sites.first { $0.name.value == name } }
  public func secret(_ name: SecretName) -> Secret? { secrets.first { $0.name.value == name } }
  public func server(_ name: ServerName) -> Server? { servers.first { $0.name.value == name } }
  public func store(_ name: StoreName) -> Store? { stores.first { $0.name.value == name } }
  public func limit(_ name: LimitName) -> Limit? { limits.first { $0.name.value == name } }
  public func probe(_ name: ProbeName) -> Probe? { probes.first { $0.name.value == name } }
  public func dataClass(_ name: DataClassName) -> DataClass? { dataClasses.first { $0.name.value == name } }
  public func drill(_ name: DrillName) -> Drill? { drills.first { $0.name.value == name } }
  public func scenario(_ name: ScenarioName) -> Scenario? { scenarios.first { $0.name.value == name } }
}
