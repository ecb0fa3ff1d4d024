internal import CanonicalJSON

/// The JSON Schemas of what people write, and of what is written to be read again: one text for `schema`, for the files under `schemas/`, for editors.
enum SchemaDocument: String, CaseIterable {
  case plan
  case planOverlay = "plan-overlay"
  case planTest = "plan-test"
  case lintReport = "lint-report"
  case evidence, policy, changeset, observations
  case planDiff = "plan-diff"
  case journalRecord = "journal-record"
  case recoveryPoint = "recovery-point"
  case incidentReport = "incident-report"
  case status

  /// From the repository's root.
  var path: String { "schemas/\(rawValue).v1.json" }

  func text() throws -> String {
    switch self {
    case .plan: try CanonicalJSON.prettyText(PlanSchema.document(Providers.kinds))
    case .planOverlay: try CanonicalJSON.prettyText(PlanSchema.document("plan-overlay.v1.json", title: "sie-dr plan overlay", PlanKeys.overlayFile, using: []))
    case .planTest: try CanonicalJSON.prettyText(PlanSchema.document("plan-test.v1.json", title: "sie-dr plan test", PlanKeys.planTest, using: ["timeSpan", "names"]))
    case .lintReport: try CanonicalJSON.prettyText(LintReportSchema.document)
    case .evidence: try CanonicalJSON.prettyText(PlanSchema.document("evidence.v1.json", title: "sie-dr evidence", PlanKeys.evidence, using: ["timeSpan", "date"]))
    case .policy: try CanonicalJSON.prettyText(PlanSchema.document("policy.v1.json", title: "sie-dr lint policy", PlanKeys.policy, using: ["timeSpan"]))
    case .changeset: try CanonicalJSON.prettyText(ChangesetSchema.document)
    case .planDiff: try CanonicalJSON.prettyText(PlanDiffSchema.document)
    case .observations: try CanonicalJSON.prettyText(ObservationsSchema.document)
    case .journalRecord: try CanonicalJSON.prettyText(JournalSchema.document)
    case .recoveryPoint: try CanonicalJSON.prettyText(PointSchema.document)
    case .incidentReport: try CanonicalJSON.prettyText(IncidentReportSchema.document)
    case .status: try CanonicalJSON.prettyText(StatusSchema.document)
    }
  }
}
