/// The candidates that a mistyped name most likely means, best first, for "did you mean": at most three, none where nothing is near.
///
/// Near is by Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment), ignoring letter case and taking
/// `_` for `-`; about one slip for every three characters is allowed, and one more than the best candidate needs.
public func nearestNames(to name: String, in candidates: some Sequence<String>) -> [String] {
  let wanted = comparable(name)
  guard !wanted.isEmpty, wanted.count <= 64 else { return [] }
  var found: [(name: String, distance: Int)] = []
  for candidate in Set(candidates) where candidate != name {
    let text = comparable(candidate)
    let allowed = max(1, max(wanted.count, text.count) / 3)
    guard text.count <= 64, abs(text.count - wanted.count) <= allowed else { continue }
    let distance = alignmentDistance(wanted, text)
    if distance <= allowed, distance < min(wanted.count, text.count) || distance == 0 { found.append((candidate, distance)) }
  }
  let least = found.map(\.distance).min() ?? 0
  return found.filter { $0.distance <= least + 1 }.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
}

private func comparable(_ name: String) -> [Unicode.Scalar] { name.lowercased().unicodeScalars.map { $0 == "_" ? "-" : $0 } }

private func alignmentDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var before: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var least = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, before[j - 1] + 1) }
      row.append(least)
    }
    before = last
    last = row
  }
  return last[b.count]
}
