import CanonicalJSON
import ChangePlanning
import Commands
import Hashing
import Journaling
@testable import PostgreSQLProvider
import RecoveryPoints
import TestSupport
import Testing

/// The schemas of what sie-dr writes, held against real documents: what the reader takes the schema takes, and the other way round.
@Suite("Schemas of documents") struct DocumentSchemaTests {
  /// Members whose values a step kind decides: anything may stand there.
  static let free: Set<String> = ["arguments", "facts", "measurements", "planned", "undoRecord", "before", "after"]

  private func schema(_ name: String) throws -> JSONSchema {
    try JSONSchema(CanonicalJSON.decode(JSONValue.self, from: #require(GeneratedFiles.all()["schemas/\(name).v1.json"]).utf8))
  }

  /// Every document fits, and together they touch every member and every alternative that the schema names.
  private func expectFit(_ schema: JSONSchema, _ documents: [JSONValue]) {
    var touched: Set<String> = []
    for document in documents {
      let verdict = schema.verdict(on: document)
      #expect(verdict.problems == [])
      touched.formUnion(verdict.touched)
    }
    #expect(schema.places.subtracting(touched) == [])
  }

  /// Wherever a member is missing or is of another type, schema and reader agree about it; and no object takes what it does not know.
  private func expectAgreement(_ schema: JSONSchema, _ document: JSONValue, reads: (JSONValue) -> Bool) {
    #expect(reads(document))
    var rejected = 0
    for damage in document.damages {
      let isValid = schema.verdict(on: damage.value).isValid
      switch damage.kind {
      // The reader takes any value there; what a kind writes is an object.
      case .otherType where Self.free.contains(damage.path.last ?? ""): break
      case .missing, .otherType: #expect(isValid == reads(damage.value), "\(damage.kind) at \(damage.path)")
      case .unknownKey: if Self.free.isDisjoint(with: damage.path) { #expect(!isValid, "unknown key at \(damage.path)") }
      }
      if !isValid { rejected += 1 }
    }
    #expect(rejected > 3)
  }

  @Test("changeset.v1 describes every changeset, and nothing else") func changesets() throws {
    let schema = try schema("changeset")
    let documents = try Documents.changesets().map(CanonicalJSON.value)
    expectFit(schema, documents)
    for document in documents { expectAgreement(schema, document) { (try? CanonicalJSON.decode(Changeset.self, from: $0)) != nil } }
  }

  @Test("journal-record.v1 describes every line of a journal, and nothing else") func journals() throws {
    let schema = try schema("journal-record")
    let lines = try Documents.records().map { try CanonicalJSON.decode(JSONValue.self, from: $0.sealed().line.dropLast()) }
    expectFit(schema, lines)
    // The seal is the line's, not the record's.
    func reads(_ line: JSONValue) -> Bool { line["sha256"]?.string != nil && (try? CanonicalJSON.decode(JournalRecord.self, from: line)) != nil }
    for line in lines { expectAgreement(schema, line, reads: reads) }
  }

  @Test("observations.v1 describes every record of observations, and nothing else") func observations() throws {
    let schema = try schema("observations")
    let document = try CanonicalJSON.value(Documents.observations())
    expectFit(schema, [document])
    expectAgreement(schema, document) { (try? CanonicalJSON.decode(RecordedObservations.self, from: $0)) != nil }
  }

  @Test("recovery-point.v1 describes every manifest with its content, and nothing else") func manifests() throws {
    let schema = try schema("recovery-point")
    let documents = try Documents.manifests().map(CanonicalJSON.value)
    expectFit(schema, documents)
    func reads(_ document: JSONValue) -> Bool {
      guard let manifest = try? CanonicalJSON.decode(PointManifest.self, from: document) else { return false }
      return (try? CanonicalJSON.decode(LogicalPoint.self, from: manifest.content)) != nil
    }
    for document in documents.prefix(2) { expectAgreement(schema, document, reads: reads) }
  }
}

/// One way in which a document is not what it should be.
struct Damage {
  enum Kind { case missing, otherType, unknownKey }
  var kind: Kind
  var path: [String]
  var value: JSONValue
}

extension JSONValue {
  /// Each member left out, each value of another type, and a member too many in each object: one at a time.
  var damages: [Damage] { damages(at: []) { $0 } }

  private func damages(at path: [String], _ rebuild: (JSONValue) -> JSONValue) -> [Damage] {
    var found: [Damage] = []
    if !path.isEmpty {
      let other: JSONValue = if case .string = self { 7 } else { "another type" }
      found.append(Damage(kind: .otherType, path: path, value: rebuild(other)))
    }
    switch self {
    case .object(let members):
      found.append(Damage(kind: .unknownKey, path: path, value: rebuild(.object(members.merging(["zzz": [["unknown"]]]) { first, _ in first }))))
      for (name, value) in members {
        var others = members
        others[name] = nil
        found.append(Damage(kind: .missing, path: path + [name], value: rebuild(.object(others))))
        found += value.damages(at: path + [name]) { new in rebuild(.object(others.merging([name: new]) { _, new in new })) }
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        found += element.damages(at: path + [String(index)]) { new in
          var others = elements
          others[index] = new
          return rebuild(.array(others))
        }
      }
    case .null, .bool, .int, .string: break
    }
    return found
  }
}
