internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `http.check`: asks a URL, again and again if need be, until the answer is the expected one.
public enum HTTPCheck: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    /// The probe's name, or nil where the step has a URL of its own.
    public var probe: ProbeName?
    public var expectation: HTTPExpectation
    /// For one request.
    public var timeout: TimeSpan
    public var every: TimeSpan
    /// How long the answer may stay wrong; zero: one request decides.
    public var within: TimeSpan
  }

  public static let name: StepKindName = "http.check"
  public static let summary = "Asks a URL until the answer is the expected one, or the time is over."
  public static let fields = [
    Field("probe", .name(of: "probe"), "An HTTP probe of the plan."),
    Field("url", .text, "A URL, where no probe is named."),
    Field("expect", .httpExpectation, "What the answer must be like: `status`, `json` (members that must be there), `contains`."),
    Field("within", .timeSpan, "How long the answer may stay wrong before the step fails; one request decides if not given."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let within = fields.timeSpan("within")?.value ?? .zero
    if let name: Located<ProbeName> = fields.name("probe") {
      if let unknown = unknownReference(name, "probe", among: context.plan.probes.map(\.name)) { fields.collector.add(unknown); return nil }
      guard let probe = context.plan.probe(name.value) else { return nil }
      guard case .http(let expectation) = probe.check else {
        fields.collector.add(
          Diagnostic("wrong-value", "the probe `\(name.value)` is no HTTP probe", at: name.span, related: [.init(span: probe.name.span, label: "defined here")]))
        return nil
      }
      return Arguments(probe: name.value, expectation: expectation, timeout: probe.timeout, every: probe.every, within: within)
    }
    return readHTTPExpectation(&fields).map { Arguments(probe: nil, expectation: $0, timeout: .seconds(5), every: .seconds(5), within: within) }
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(verifies: [.probe(arguments.probe?.rawValue ?? arguments.expectation.url)])
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _: Observation, at _: Timestamp) -> Change {
    Change(.check, reason: "asks \(arguments.expectation.url)" + (arguments.within > .zero ? " for up to \(arguments.within.rounded)" : ""))
  }
}
