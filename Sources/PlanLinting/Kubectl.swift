internal import PlanModel
internal import ProviderInterface
internal import YAMLReading

/// What steps that run programs do with `kubectl`, as far as can be read: each command as its words.
enum Kubectl {
  static func commands(of step: TypedStep) -> [[String]] {
    guard step.kind == "command.run", let run = step.step?.fields["run"] else { return [] }
    if (run.elementCount ?? 0) > 0, run.element(0).bytes?.last == UInt8(ascii: "l"), let program = run.element(0).scalar?.text,
      program == "kubectl" || program.hasSuffix("/kubectl")
    {
      return [run.elements?.compactMap { $0.scalar?.text } ?? []]
    }
    return ShellText.all(in: run).flatMap(\.commands).filter { $0.program == "kubectl" }.map { $0.words.map(\.text) }
  }

  /// `rollout restart`, `rollout status`.
  static func isRollout(_ command: [String], _ verb: String) -> Bool {
    guard let index = command.firstIndex(of: "rollout") else { return false }
    return command[index...].contains(verb)
  }

  /// What is scaled, without its kind, and to how many; nil where it is no such command, or the number is in a variable.
  static func scaling(_ command: [String]) -> (name: String, replicas: Int)? {
    guard let start = command.firstIndex(of: "scale") else { return nil }
    var replicas: Int?
    var target: [String] = []
    var option: String?
    for word in command[(start + 1)...] {
      if let given = option {
        if given == "--replicas" { replicas = Int(word) }
        option = nil
      } else if word.hasPrefix("--replicas=") {
        replicas = Int(word.dropFirst(11))
      } else if word.hasPrefix("-") {
        option = word.contains("=") ? nil : word
      } else {
        target.append(word)
      }
    }
    guard let replicas, let first = target.first else { return nil }
    // `deploy/NAME`, or `deployment NAME`.
    return (first.contains("/") ? String(first.split(separator: "/").last ?? "") : target.dropFirst().first ?? first, replicas)
  }
}
