import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanLinting
import TestSupport
import Testing
import YAMLReading
import PlanModel

/// What an editor with the schema says while a plan is written, held against what lint says of the file.
@Suite("An editor's view of plans") struct EditorTests {
  @Test("a misspelt key is refused by the schema, and the nearest name that it knows there is the one that lint suggests") func misspelt() throws {
    let schema = try JSONSchema(PlanSchema.document(Providers.kinds))
    var tried: Set<String> = []
    for plan in try Repository.plans() + [("examples/sie-as-written.yaml", readFile(Repository.root + "examples/sie-as-written.yaml"))] {
      let json = try #require(readYAML(SourceFile(path: plan.path, bytes: Array(plan.text.utf8))).document.root.flatMap(jsonValue))
      let verdict = schema.verdict(on: json)
      #expect(verdict.problems == [], "\(plan.path)")
      for (path, known) in verdict.named.sorted(by: { $0.key.joined(separator: "/") < $1.key.joined(separator: "/") }) {
        guard let object = json.at(path)?.object else { continue }
        // Which kind a step is is said by another code, and what an overlay merges is checked as a part of the plan.
        for key in object.keys.sorted() where known.contains(key) && key.count > 4 && !key.contains(".") && !path.contains("overlays") {
          let wrong = String(key.prefix(2) + key.dropFirst(3))
          guard !known.contains(wrong), tried.insert("\(key) \(path.count)").inserted else { continue }
          let damaged = json.renaming(key, to: wrong, at: path[...])
          #expect(!schema.verdict(on: damaged).isValid, "\(plan.path): \(wrong)")
          let near = nearestNames(to: wrong, in: known.sorted())
          let file = SourceFile(path: plan.path, bytes: Array(try CanonicalJSON.text(damaged).utf8))
          let found = lint(file, kinds: Providers.kinds, protection: Providers.protection).diagnostics.filter { $0.code == "unknown-key" && $0.summary.contains("`\(wrong)`") }
          #expect(near.contains(key) && found.contains { $0.helps.contains { $0.contains("`\(key)`") } }, "\(plan.path): /\(path.joined(separator: "/")): \(wrong): \(near), \(found.map(\.helps))")
        }
      }
    }
    #expect(tried.count > 60, "\(tried.count)")
  }
}

extension JSONValue {
  fileprivate func at(_ path: [String]) -> JSONValue? {
    path.reduce(self) { value, step in value?[step] ?? Int(step).flatMap { index in value?.array.flatMap { $0.indices.contains(index) ? $0[index] : nil } } }
  }

  fileprivate func renaming(_ key: String, to other: String, at path: ArraySlice<String>) -> JSONValue {
    if var members = object {
      if let step = path.first { members[step] = members[step]?.renaming(key, to: other, at: path.dropFirst()) } else { members[other] = members.removeValue(forKey: key) }
      return .object(members)
    }
    guard var elements = array, let step = path.first.flatMap({ Int($0) }), elements.indices.contains(step) else { return self }
    elements[step] = elements[step].renaming(key, to: other, at: path.dropFirst())
    return .array(elements)
  }
}
