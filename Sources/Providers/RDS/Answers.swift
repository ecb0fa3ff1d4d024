internal import AWSClient
internal import Units

/// An instance, as DescribeDBInstances tells of it.
struct DatabaseInstance: Hashable, Sendable {
  var identifier: String
  /// Names this instance and no later one of the same identifier.
  var resource: String
  var status: String
  var instanceClass: String
  var engine: String
  var version: String
  var address: String?
  var port: Int?
  /// In gibibytes.
  var storage: Int?
  /// In days; 0: automated backups are off.
  var retention: Int
  var created: Timestamp?
  /// Nil: none, or not known yet.
  var latestRestorable: Timestamp?
  var isMultiAZ: Bool
  var isProtected: Bool
  var tags: [String: String]

  /// Nil where something is missing that every instance has.
  init?(_ element: XMLElement) {
    guard let identifier = element.text("DBInstanceIdentifier"), let status = element.text("DBInstanceStatus"), !status.isEmpty,
      let retention = element.text("BackupRetentionPeriod").flatMap({ Int($0) }), (0...10_000).contains(retention)
    else { return nil }
    self.identifier = identifier
    self.status = status
    self.retention = retention
    resource = element.text("DbiResourceId") ?? ""
    instanceClass = element.text("DBInstanceClass") ?? "unknown"
    engine = element.text("Engine") ?? "unknown"
    version = element.text("EngineVersion") ?? "unknown"
    address = element.first("Endpoint")?.text("Address").flatMap { $0.isEmpty ? nil : $0 }
    port = element.first("Endpoint")?.text("Port").flatMap { Int($0) }
    storage = element.text("AllocatedStorage").flatMap { Int($0) }
    created = element.text("InstanceCreateTime").flatMap { Timestamp($0) }
    latestRestorable = element.text("LatestRestorableTime").flatMap { Timestamp($0) }
    isMultiAZ = element.text("MultiAZ") == "true"
    isProtected = element.text("DeletionProtection") == "true"
    let written = element.first("TagList")?.all("Tag").compactMap { tag in tag.text("Key").map { ($0, tag.text("Value") ?? "") } }
    tags = Dictionary(written ?? []) { first, _ in first }
  }
}

/// What an instance's automated backups reach: of a living one, or of one that is gone and whose backups are kept.
struct AutomatedBackups: Hashable, Sendable {
  var identifier: String
  var resource: String
  var status: String
  var window: RestoreWindow?

  init?(_ element: XMLElement) {
    guard let identifier = element.text("DBInstanceIdentifier") else { return nil }
    self.identifier = identifier
    resource = element.text("DbiResourceId") ?? ""
    status = element.text("Status") ?? "unknown"
    let range = element.first("RestoreWindow")
    if let first = range?.text("EarliestTime").flatMap({ Timestamp($0) }), let last = range?.text("LatestTime").flatMap({ Timestamp($0) }), first <= last {
      window = RestoreWindow(first: first, last: last)
    }
  }
}

/// The moments that can be restored.
struct RestoreWindow: Hashable, Sendable {
  var first: Timestamp
  var last: Timestamp
}

/// A snapshot, automated or made by hand.
struct DatabaseSnapshot: Hashable, Sendable {
  var identifier: String
  var status: String
  /// Nil: it is being made.
  var created: Timestamp?
  var kind: String

  init?(_ element: XMLElement) {
    guard let identifier = element.text("DBSnapshotIdentifier"), let status = element.text("Status") else { return nil }
    self.identifier = identifier
    self.status = status
    created = element.text("SnapshotCreateTime").flatMap { Timestamp($0) }
    kind = element.text("SnapshotType") ?? "unknown"
  }
}
