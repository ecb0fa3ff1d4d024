internal import AWSClient
internal import HTTPClient
internal import ProviderInterface
internal import Units

/// The calls of Amazon RDS that are made here (Amazon RDS API Reference, version 2014-10-31), with answers as values.
struct RDSAPI: Sendable {
  let reference: RDSReference
  let client: AWSClient

  /// Lists are read to the end, but no further: 50 pages are 5,000 snapshots, far more than RDS keeps of one instance.
  static let mostPages = 50

  /// Sends it again where no answer comes: each call here finds out for itself that it was done already.
  private func call(_ action: String, _ fields: [(String, String)]) async throws(RDSProblem) -> XMLElement {
    do throws(AWSError) {
      let response = try await client.send(.form(action, version: "2014-10-31", fields, isRepeatable: true))
      guard let root = try? XMLElement.read(response.body), root.name == "\(action)Response", let result = root.first("\(action)Result") else {
        throw AWSError(.notUnderstood, target: client.service.endpoint.description, "its answer to \(action) is none of RDS", mayHaveHappened: true)
      }
      return result
    } catch { throw RDSProblem(action: action, error: error) }
  }

  private func nonsense(_ action: String, _ what: String) -> RDSProblem {
    RDSProblem(action: action, error: AWSError(.notUnderstood, target: client.service.endpoint.description, "its answer to \(action) \(what)"))
  }

  private func list<Item>(_ action: String, _ name: String, _ item: String, _ fields: [(String, String)], _ read: (XMLElement) -> Item?) async throws(RDSProblem) -> [Item] {
    var items: [Item] = []
    var marker: String?
    for _ in 0..<Self.mostPages {
      let result = try await call(action, fields + [("MaxRecords", "100")] + (marker.map { [("Marker", $0)] } ?? []))
      guard let list = result.first(name) else { throw nonsense(action, "lacks `\(name)`") }
      for element in list.all(item) {
        guard let one = read(element) else { throw nonsense(action, "has a `\(item)` that lacks what each has") }
        items.append(one)
      }
      guard let next = result.text("Marker"), !next.isEmpty else { return items }
      marker = next
    }
    throw nonsense(action, "does not end after \(Self.mostPages) pages")
  }

  /// Nil where there is none.
  func instance(_ identifier: String) async throws(RDSProblem) -> DatabaseInstance? {
    do throws(RDSProblem) {
      let found = try await list("DescribeDBInstances", "DBInstances", "DBInstance", [("DBInstanceIdentifier", identifier)]) { DatabaseInstance($0) }
      guard found.count == 1, let instance = found.first, instance.identifier.lowercased() == identifier.lowercased() else {
        throw nonsense("DescribeDBInstances", "is not of the instance that was asked for")
      }
      return instance
    } catch {
      if error.error.code == "DBInstanceNotFound" { return nil }
      throw error
    }
  }

  /// Of the instance, and of earlier ones of the same identifier.
  func backups(of identifier: String) async throws(RDSProblem) -> [AutomatedBackups] {
    do throws(RDSProblem) {
      return try await list("DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackups", "DBInstanceAutomatedBackup", [("DBInstanceIdentifier", identifier)]) {
        AutomatedBackups($0)
      }
    } catch {
      if error.error.code == "DBInstanceAutomatedBackupNotFound" { return [] }
      throw error
    }
  }

  /// Automated ones and those made by hand, the newest first; one that is being made is the newest.
  func snapshots(of identifier: String) async throws(RDSProblem) -> [DatabaseSnapshot] {
    let found = try await list("DescribeDBSnapshots", "DBSnapshots", "DBSnapshot", [("DBInstanceIdentifier", identifier)]) { DatabaseSnapshot($0) }
    let never = Timestamp(milliseconds: .max)
    return found.sorted { ($0.created ?? never, $0.identifier) > ($1.created ?? never, $1.identifier) }
  }

  /// - Returns: the new instance, as the answer has it.
  func restore(_ fields: [(String, String)]) async throws(RDSProblem) -> DatabaseInstance {
    let result = try await call("RestoreDBInstanceToPointInTime", fields)
    guard let instance = result.first("DBInstance").flatMap({ DatabaseInstance($0) }) else { throw nonsense("RestoreDBInstanceToPointInTime", "lacks the instance") }
    return instance
  }

  /// Without a last snapshot, and with its automated backups.
  func delete(_ identifier: String) async throws(RDSProblem) {
    _ = try await call("DeleteDBInstance", [("DBInstanceIdentifier", identifier), ("SkipFinalSnapshot", "true"), ("DeleteAutomatedBackups", "true")])
  }
}

/// Why a call has no answer of success.
struct RDSProblem: Error, Hashable {
  var action: String
  var error: AWSError
}
