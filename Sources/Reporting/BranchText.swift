internal import PlanModel
internal import ProviderInterface
internal import Units

extension BranchPlace {
  /// `recover/replica, at first, for 10m at most`.
  var short: String {
    "\(choice)/\(branch), " + (number == 0 ? "at first" : "else") + (until.map { ", for \($0.rounded) at most" } ?? "")
  }

  /// For people who do it by hand.
  var sentence: String {
    let end = until.map { " Give it up if a step of it fails, or if it is not done \($0.rounded) after it began: then the next way of `\(choice)`." } ?? ""
    return number == 0
      ? "The first way of `\(choice)`, `\(branch)`: where what it needs is there.\(end)"
      : "Another way of `\(choice)`, `\(branch)`: only if those before it cannot be gone or were given up; else leave it out.\(end)"
  }
}

extension StepSpecification {
  /// What comes before it, and in which branch it stands.
  var afterText: String {
    (needs.map(\.rawValue) + (branch.map { place in place.needs.map(\.rawValue).filter { need in !needs.contains { $0.rawValue == need } } } ?? []))
      .joined(separator: ", ") + (branch.map { " (\($0.short))" } ?? "")
  }
}
