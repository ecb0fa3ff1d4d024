internal import ChildProcess
internal import DirectoryStore
internal import ObjectStore
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// All of the world that `plan`, `points` and the like can get hold of: observers, secrets, the reading half of stores. Nothing here can
/// write, and nothing that can is reachable from here.
struct ReadOnlyWorld {
  let observers: StepObservers
  let secrets: any SecretResolving
  let stores: any StoreReading
  private let folders: StoreFolders

  init(environment: [String: String], folder: String) {
    let children = ChildRunner()
    observers = Providers.observers(children, environment, folder: folder)
    let secrets = SecretSources(environment: environment, children: children, folder: folder)
    self.secrets = secrets
    folders = StoreFolders(folder: folder, environment: environment, secrets: secrets)
    stores = folders
  }

  /// Where a person without this program finds what is in a store.
  func source(of store: StoreReference) throws(StepFailure) -> PointSource { try folders.source(of: store) }

  func context(timeout: TimeSpan, now: Timestamp) -> ObservingContext {
    ObservingContext(secrets: secrets, stores: stores, timeout: timeout, now: { now })
  }
}
