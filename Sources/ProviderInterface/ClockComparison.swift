public import Units

/// How far another clock is from ours, as far as one question and its answer can tell.
public struct ClockComparison: Hashable, Sendable {
  /// Our clock before the question and after the answer.
  public var asked: Timestamp
  public var answered: Timestamp
  public var theirs: Timestamp
  /// How much later than `theirs` it may have been there: a second, where times come in whole seconds.
  public var resolution: TimeSpan

  public init(asked: Timestamp, theirs: Timestamp, answered: Timestamp, resolution: TimeSpan = .zero) {
    self.asked = asked; self.theirs = theirs; self.answered = answered; self.resolution = resolution
  }

  /// How far theirs is ahead, negative if behind: the least that what was seen allows; zero where no difference is proved.
  public var offset: TimeSpan {
    let (least, most) = (theirs - answered, theirs + resolution - asked)
    return least > .zero ? least : most < .zero ? most : .zero
  }

  /// More than this is worth a word: ages and due times are wrong by as much.
  public static let tolerated = TimeSpan.seconds(5)
  /// From here on nothing that is computed from both clocks can be believed; S3 refuses requests from 15 minutes on.
  public static let unusable = TimeSpan.minutes(5)

  public func outcome(of whose: String) -> CheckOutcome {
    let distance = TimeSpan(milliseconds: Int64(clamping: offset.milliseconds.magnitude))
    guard distance > .zero else { return CheckOutcome("clock", .ok, "agrees with this machine's") }
    let found = "\(whose)'s clock is \(distance.rounded) \(offset > .zero ? "ahead of" : "behind") this machine's"
    guard distance > Self.tolerated else { return CheckOutcome("clock", .ok, found) }
    return CheckOutcome(
      "clock", distance < Self.unusable ? .warning : .failed, "\(found): the age of points, and what is due, are wrong by as much",
      helps: ["set both by NTP; `chronyc tracking` or `timedatectl` says which of them is wrong"])
  }
}
