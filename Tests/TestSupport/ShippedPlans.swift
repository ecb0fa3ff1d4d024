/// The repository that the tests are built from.
public enum Repository {
  public static let root = String(#filePath.dropLast("Tests/TestSupport/ShippedPlans.swift".count))

  /// Path and text of every plan that we ship; throws where a folder cannot be read or holds none.
  public static func plans(in folders: [String] = ["plans", "examples"]) throws -> [(path: String, text: String)] {
    try folders.flatMap { folder in
      // What the document says literally is full of holes: it shows that they are found.
      let found = try files(below: root + folder).filter { $0.key.hasSuffix(".yaml") && !$0.key.hasSuffix(".test.yaml") && !$0.key.hasSuffix(".overlay.yaml") && $0.key != "sie-as-written.yaml" }.sorted { $0.key < $1.key }
      guard !found.isEmpty else { throw ProgramFailure(description: "`\(folder)` cannot be read, or holds no plan") }
      return found.map { ("\(folder)/\($0.key)", String(decoding: $0.value, as: UTF8.self)) }
    }
  }
}
