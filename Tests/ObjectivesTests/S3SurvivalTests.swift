import Diagnostics
import Objectives
import PlanModel
import ProviderInterface
import Testing
import YAMLReading

@Suite struct S3SurvivalTests {
  /// A plan with a bucket in the west whose keys are kept in the east or with the operators.
  private func survival(keysIn site: String?) throws -> (Survival, Plan) {
    let text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: test }
      sites: { east: {}, west: {} }
      secrets:
        keys: { env: S3_KEYS\(site.map { ", site: \($0)" } ?? "") }
      stores:
        bucket:
          s3: { bucket: backups, credentials: { secret: keys } }
          site: west
      scenarios:
        east-lost:
          loses: { sites: [east] }
      """
    let plan = try #require(readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document).plan)
    return (Survival(try #require(plan.scenarios.first), in: plan), plan)
  }

  @Test func `A store whose credentials are lost is lost as well, and it is said why`() throws {
    let bucket = StoreName(rawValue: "bucket")
    let (lost, plan) = try survival(keysIn: "east")
    #expect(lost.stores == [bucket])
    let why = "the store `bucket` (its credentials, the secret `keys` (in `east`), are lost)"
    #expect(lost.loss(of: .store(bucket), in: plan) == why && lost.loss(of: .anyStore([bucket]), in: plan) == why)
  }

  @Test(arguments: [nil, "west"]) func `One whose credentials are elsewhere survives`(site: String?) throws {
    let (survival, plan) = try survival(keysIn: site)
    #expect(survival.stores.isEmpty && survival.loss(of: .store(StoreName(rawValue: "bucket")), in: plan) == nil)
  }
}
