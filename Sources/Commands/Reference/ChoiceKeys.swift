/// The keys of a choice among branches.
extension PlanKeys {
  static let choice = [
    PlanKey("firstOf", .map(.object(branch)), required: true, "Branches by preference: each is begun when the one before it has failed or has passed its deadline."),
    PlanKey("needs", .names, "Steps that come before the first branch."),
    PlanKey("gives", .names, "Outputs that a step of each branch gives: `{ output: CHOICE.NAME }` takes them, whichever branch it was."),
    only,
  ]
  private static let branch = [
    PlanKey("until", .timeSpan, "From its beginning: if it is not done by then it is given up, and the next begins. Not given up if not given."),
    PlanKey("steps", .map(.step), required: true, "What is done in it."),
  ]
}
