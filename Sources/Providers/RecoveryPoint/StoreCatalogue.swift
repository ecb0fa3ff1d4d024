public import PlanModel
public import ProviderInterface
internal import ObjectStore
public import RecoveryPoints

extension StoreReading {
  /// What these stores hold of a data class. One that cannot even be opened is found as unreachable, like one that does not answer.
  public func catalogue(of dataClass: DataClassName, in references: [StoreReference]) async -> Catalogue {
    var stores: [any ObjectReading] = []
    var closed: [StoreError] = []
    for reference in references {
      do throws(StepFailure) { stores.append(try await reading(reference)) } catch {
        closed.append(StoreError(store: reference.name.rawValue, .unreachable, error.message))
      }
    }
    var catalogue = await Catalogue.read(dataClass, in: stores)
    catalogue.unreachable += closed
    return catalogue
  }
}
