import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanLinting
import PlanModel
import TestSupport
import Testing
import YAMLReading

/// The schema of evidence, held against its reader.
@Suite("The schema of evidence") struct EvidenceSchemaTests {
  private let everyKey: JSONValue = [
    "apiVersion": "sie-dr/v1", "kind": "RecoveryEvidence", "plan": "sample",
    "runs": [
      [
        "date": "2026-10-02", "drill": "restore", "outcome": "passed", "scenario": "lost", "recovery": "58m", "steps": ["restore": "51m"],
        "data": ["orders": ["dump": "8m", "upload": "2m", "copy": "4m", "restore": "51m"]],
      ],
      ["date": "2026-10-02T08:15:34.5+02:00", "incident": "a burnt disk", "outcome": "failed"],
      ["date": "2026-10-02T08:15:34Z", "benchmark": "fio", "outcome": "passed"],
    ],
  ]

  private func reads(_ evidence: JSONValue) throws -> Bool {
    let text = samplePlan + "evidence: drills.json\n"
    var plan = try #require(readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document).plan)
    let bytes = Array(try CanonicalJSON.text(evidence).utf8)
    return !plan.takeEvidence { path throws(UnreadableEvidence) in SourceFile(path: path, bytes: bytes) }.diagnostics.contains { $0.severity == .error }
  }

  @Test("takes what the reader takes, and nothing else") func agreement() throws {
    let schema = try JSONSchema(CanonicalJSON.decode(JSONValue.self, from: #require(GeneratedFiles.all()["schemas/evidence.v1.json"]).utf8))
    let verdict = schema.verdict(on: everyKey)
    #expect(try verdict.problems == [] && reads(everyKey))
    #expect(schema.places.subtracting(verdict.touched) == [])
    var refused = 0
    for damage in everyKey.damages {
      // That exactly one origin is there, and that it is this plan's, only the reader knows.
      let isBeyond = ["drill", "incident", "benchmark"].contains(damage.path.last) && damage.kind == .missing || damage.path == ["plan"] && damage.kind == .otherType
      // Where names of the author's stand, any is one.
      let isName = damage.kind == .unknownKey && ["steps", "data"].contains(damage.path.last)
      guard !isBeyond, !isName else { continue }
      let isValid = schema.verdict(on: damage.value).isValid
      #expect(try isValid == reads(damage.value), "\(damage.kind) at \(damage.path)")
      if !isValid { refused += 1 }
    }
    #expect(refused > 20)
  }
}

/// The schema of policies, held against their reader.
@Suite("The schema of policies") struct PolicySchemaTests {
  private let everyKey: JSONValue = [
    "apiVersion": "sie-dr/v1", "kind": "LintPolicy",
    "require": ["objectives": ["rpo": "1h", "rto": "4h"], "copies": 2, "sites": 2, "approvers": 2, "drills": ["every": "90d"]],
    "severity": .object(Dictionary(uniqueKeysWithValues: ignorableCodes.map { ($0.rawValue, .string("warning")) })),
    "neverIgnore": .array(ignorableCodes.map { .string($0.rawValue) }),
  ]

  @Test("takes what the reader takes, and nothing else") func agreement() throws {
    func reads(_ policy: JSONValue) throws -> Bool { try readPolicy(SourceFile(path: "policy.json", bytes: Array(CanonicalJSON.text(policy).utf8))).diagnostics.isEmpty }
    let schema = try JSONSchema(CanonicalJSON.decode(JSONValue.self, from: #require(GeneratedFiles.all()["schemas/policy.v1.json"]).utf8))
    let verdict = schema.verdict(on: everyKey)
    #expect(try verdict.problems == [] && reads(everyKey))
    #expect(schema.places.subtracting(verdict.touched) == [])
    // One rule alone is a list for the reader, as everywhere.
    for damage in everyKey.damages where damage.path != ["neverIgnore"] {
      #expect(try schema.verdict(on: damage.value).isValid == reads(damage.value), "\(damage.kind) at \(damage.path)")
    }
  }
}
