internal import DirectoryStore
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface

/// Opens the stores that a plan names.
struct StoreFolders: StoreOpening {
  /// The folder of the plan file, from which relative paths count.
  let folder: String

  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { try await opening(store) }

  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore {
    switch store.location {
    case .directory(let path): return DirectoryStore(name: store.name.rawValue, root: path.hasPrefix("/") ? path : "\(folder)/\(path)")
    }
  }
}
