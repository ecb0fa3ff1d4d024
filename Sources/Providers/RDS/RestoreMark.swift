internal import PlanModel
internal import ProviderInterface
internal import Units

/// The tags by which an instance says which step of which run made it.
struct RestoreMark: Hashable, Sendable {
  static let run = "sie-dr:run", step = "sie-dr:step", plan = "sie-dr:plan", moment = "sie-dr:restored-to"

  var mark: StepMark
  var planName: String

  /// Of any attempt of the step in the run: a later one goes on with what an earlier one has made.
  init(_ context: PerformingContext) { mark = context.mark; planName = context.plan }

  /// - Parameter moment: what is restored, or could be at the least.
  func tags(_ moment: Timestamp) -> [(key: String, value: String)] {
    [(Self.run, Self.allowed(mark.run.rawValue)), (Self.step, Self.allowed(mark.step.rawValue)), (Self.plan, Self.allowed(planName)), (Self.moment, "\(moment)")]
  }

  func made(_ instance: DatabaseInstance) -> Bool {
    instance.tags[Self.run] == Self.allowed(mark.run.rawValue) && instance.tags[Self.step] == Self.allowed(mark.step.rawValue) && instance.tags[Self.plan] == Self.allowed(planName)
  }

  /// What a tag's value may hold (Amazon RDS API Reference, "Tag").
  static func allowed(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(256).map { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "_.:/=+-@ ".unicodeScalars.contains(scalar) ? scalar : "-"
    }))
  }
}
