internal import Diagnostics

extension ReferenceChecker {
  /// Secrets that open a way, words that are filled in, and what people outside may read.
  func check(_ audience: Audience) {
    for way in audience.ways {
      if case .secret(let name) = way.to { refer(name, "secret", secrets) }
      refer(way.key, "secret", secrets)
    }
    for text in [audience.template, audience.ending].compactMap({ $0 }) {
      for word in MessageTemplate.words(in: text.value) { check(word, in: text, of: audience) }
      guard audience.isPublic, let name = internalName(in: text.value) else { continue }
      collector.add(
        Diagnostic(
          "wrong-value", "what `\(audience.name.value)` is told names `\(name)`, which is a name of this plan", at: text.span, label: "people outside would read it",
          helps: ["say it in words that mean something to them, or write `public: false`"]))
    }
  }

  private func check(_ word: String, in text: Located<String>, of audience: Audience) {
    guard let known = MessageTemplate.Word(rawValue: word) else {
      let words = MessageTemplate.Word.allCases.filter { $0.isPublic || !audience.isPublic }.map(\.rawValue)
      let near = nearestNames(to: word, in: words).map { "`{\($0)}`" }
      collector.add(
        Diagnostic(
          "wrong-value", "`{\(word)}` is nothing that can be filled in", at: text.span,
          helps: [near.isEmpty ? "known are " + words.map { "`{\($0)}`" }.joined(separator: ", ") : "did you mean " + near.joined(separator: " or ") + "?"]))
      return
    }
    guard audience.isPublic, !known.isPublic else { return }
    collector.add(
      Diagnostic(
        "wrong-value", "`{\(word)}` would tell `\(audience.name.value)` names of ours", at: text.span, label: "people outside would read it",
        helps: ["`{news}` says what has happened without any name; or write `public: false`"]))
  }

  /// The first name of this plan that can be nothing but a name: ordinary words, as `search`, may be meant as such.
  private func internalName(in text: String) -> String? {
    func isTelling(_ word: some StringProtocol) -> Bool { word.utf8.contains { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
    let words = text.split { !($0.isLetter || $0.isNumber || "-_./".contains($0)) }.filter(isTelling).map { word in
      String(word.lowercased().reversed().drop { $0 == "." || $0 == "/" }.reversed())
    }
    guard !words.isEmpty else { return nil }
    var names: Set<String> = []
    names.formUnion(plan.servers.map(\.name.value.rawValue) + plan.stores.map(\.name.value.rawValue) + plan.sites.map(\.name.value.rawValue))
    names.formUnion(plan.secrets.map(\.name.value.rawValue) + plan.probes.map(\.name.value.rawValue) + plan.dataClasses.map(\.name.value.rawValue))
    names.formUnion(plan.scenarios.flatMap { [$0.name.value.rawValue] + $0.steps.map(\.name.value.rawValue) })
    return words.first { names.contains($0) }
  }
}
