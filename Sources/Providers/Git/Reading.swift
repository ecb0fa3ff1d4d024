internal import PlanModel
internal import ProviderInterface

extension InputValue {
  /// As the name of a resource has it.
  var resourceName: String {
    switch self {
    case .text(let text): text
    case .secret(let secret): "secret \(secret.name)"
    case .output(let step, let output): "\(step).\(output)"
    }
  }
  /// Must survive.
  var requirements: Set<Requirement> { if case .secret(let secret) = self { [.secret(secret.name)] } else { [] } }
}

extension MappingReader {
  mutating func repository(_ key: String, in plan: Plan) -> InputValue? {
    guard let node = required(key, example: "https://HOST/PATH") else { return nil }
    return readInput(node, "`\(key)` of \(what)", in: plan, collector)
  }
}

extension ObservingContext {
  /// Nil: an output, which is known only during the run.
  func repository(_ input: InputValue, in host: GitHost) async throws(StepFailure) -> Repository? {
    switch input {
    case .text(let text): return try Repository(text, from: input, in: host)
    case .secret(let secret): return try Repository(try await secrets.resolve(secret).reveal(), from: input, in: host)
    case .output: return nil
    }
  }
}

extension PerformingContext {
  func repository(_ input: InputValue, in host: GitHost) async throws(StepFailure) -> Repository {
    try Repository(try await resolve(input).reveal(), from: input, in: host)
  }
}
