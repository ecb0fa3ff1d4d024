import HTTPClient
import ObjectStore
import S3Store
import TestSupport
import Testing
import Units

/// Starting and using real servers takes long on a small machine, so these run one after another.
@Suite("S3 stores keep the promises of the door", .serialized, .timeLimit(.minutes(10)))
struct S3ConformanceTests {
  @Test("in SeaweedFS", arguments: storeChecks)
  func seaweedFS(check: StoreCheck) async throws {
    var capabilities = StoreCapabilities(objectBesideFolder: true)
    capabilities.backslash = false
    try await check.run(try testStore(.seaweedFS), capabilities)
  }

  @Test("in rclone, which takes no heed of conditions", arguments: storeChecks)
  func rclone(check: StoreCheck) async throws {
    var capabilities = StoreCapabilities(objectBesideFolder: false)
    capabilities.conditionalPut = false
    capabilities.objectInPlaceOfFolder = false
    try await check.run(try testStore(.rclone), capabilities)
  }
}
