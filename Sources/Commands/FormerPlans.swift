internal import Glibc

/// Where `--diff BASE` finds the former version of each plan.
struct FormerPlans {
  let base: String
  let isFolder: Bool
  /// A plan and its former version; nil: there is none any more, or there was none.
  struct Pair {
    var now, former: String?
  }

  init(at base: String) {
    self.base = base
    isFolder = Self.isFolder(base)
  }

  /// A file is the former version of the only plan. In a folder a plan is looked for by its whole path, as in another checkout, then by its path
  /// below the argument that named it.
  func pairs(with paths: [String]) throws(CommandFailure) -> [Pair] {
    guard isFolder else {
      var plans: [String] = []
      for path in paths { plans += try Files.plans(at: path) }
      guard plans.count == 1 else {
        throw CommandFailure(
          "wrong-usage", "\(base) is one former plan, and there are \(plans.count) plans", status: .usage, helps: ["name one plan, or the folder of the former ones: `--diff FOLDER`"])
      }
      return [Pair(now: plans[0], former: base)]
    }
    var pairs: [Pair] = []
    for path in paths {
      guard Self.isFolder(path) else {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        pairs.append(Pair(now: path, former: [joined(path), joined(name)].first(where: Self.exists)))
        continue
      }
      let former = Self.isFolder(joined(path)) ? joined(path) : base
      let (now, then) = (try Self.plans(below: path), try Self.plans(below: former))
      pairs += now.map { Pair(now: $0.path, former: then[$0.name]) }
      pairs += then.filter { now[$0.name] == nil }.map { Pair(now: nil, former: $0.path) }
    }
    return pairs
  }

  private func joined(_ path: String) -> String { (base.hasSuffix("/") ? base : base + "/") + path.drop { $0 == "/" } }

  private static func plans(below folder: String) throws(CommandFailure) -> [(name: String, path: String)] {
    try Files.plans(at: folder).map { (String($0.dropFirst(folder.count).drop { $0 == "/" }), $0) }
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return path != "-" && stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }
}

extension [(name: String, path: String)] {
  fileprivate subscript(_ name: String) -> String? { first { $0.name == name }?.path }
}
