public import ObjectStore

/// Removes a point that has expired, its manifest first. False, and nothing is removed, if somebody has put a hold on it meanwhile.
///
/// A mark goes before and stays to the end: whatever a killed program leaves behind it, the next expiry knows that it may go.
public func expirePoint(_ place: PointPlace, in store: any ObjectStore) async throws(StoreError) -> Bool {
  guard try await PointNote.read(.hold, of: place, in: store) == nil else { return false }
  do throws(StoreError) { try await store.put(place.key(PointPlace.expired, in: store.name), [], ifAbsent: false) } catch {
    // A full store is the last one that must refuse to be made room in.
    guard error.reason == .noSpace else { throw error }
  }
  try await PointWriter(place, in: store).discard()
  return true
}
