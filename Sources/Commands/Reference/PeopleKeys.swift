internal import PlanModel

/// What a plan says to people.
extension PlanKeys {
  static let audience = [
    PlanKey("slack", .text, "A Slack channel."), PlanKey("teams", .text, "A Teams channel."), PlanKey("email", .text, "An address."),
    PlanKey("phone", .text, "A number, or who has it."), PlanKey("statusPage", .text, "A page that everybody sees."), PlanKey("other", .text, "Any other way."),
    PlanKey("every", .timeSpan, "How often it hears."), PlanKey("on", .choice(Audience.Occasion.allCases.map(\.rawValue)), "On what occasion it hears."),
    PlanKey("send", .object(way), "How a run tells it by itself; people tell it if not given."),
    PlanKey("else", .object([PlanKey("by", .choice(["slack", "email", "statusPage"]), required: true, "The second channel.")] + way), "Where a message goes that the first has not taken after a minute."),
    PlanKey("public", .bool, "Whether people outside read it, to whom no name of ours is told; true if not given where a status page is among its ways, else false."),
    PlanKey("template", .text, "What a message says while the recovery goes on, with words such as `{news}` and `{elapsed}` that are filled in."),
    PlanKey("ending", .text, "What the last one says when all is done."),
  ]
  private static let way = [
    PlanKey("to", .oneOf([.text, .secretReference]), "Slack: the webhook, a secret. Mail: the address, the audience's if not given. A status page: the URL of its interface."),
    PlanKey("key", .secretReference, "What opens it: the mail server's URL (`smtp://USER:PASSWORD@HOST:587`), the status page's key."),
    PlanKey("from", .text, "Of mail: the sender's address; the user of the mail server's URL if not given."),
  ]
  static let drill = [
    PlanKey("kind", .choice(Drill.Kind.allCases.map(\.rawValue)), required: true, "What is exercised: a restore, a failover, everything, or a talk."),
    PlanKey("scenarios", .names, required: true, "The scenarios that it exercises."), PlanKey("every", .timeSpan, required: true, "How often."),
    PlanKey("first", .date, "The day by which it is held for the first time."), description,
  ]
  static let postIncident = [
    PlanKey("report", .object(duty), "The incident report."), PlanKey("runbook", .object(duty), "Lessons go into the plan and its runbook."),
    PlanKey("postmortem", .object(duty), "The post-mortem meeting."), PlanKey("tickets", .object(duty), "Tickets for what prevents the next one."),
  ]
  private static let duty = [
    PlanKey("within", .timeSpan, "How soon, from the end of the incident on."), PlanKey("by", .text, "Whose duty it is."), PlanKey("in", .text, "Where it is kept."),
  ]
  static let approval = [
    PlanKey("by", .names, required: true, "People or roles."), PlanKey("atLeast", .integer(1...100), "How many of them; 1 if not given."),
    PlanKey("within", .timeSpan, required: true, "How long that takes at the longest."),
    PlanKey(
      "breakGlass",
      .object([
        PlanKey("by", .names, required: true, "People or roles, any one of whom is enough."),
        PlanKey("within", .timeSpan, required: true, "How long that takes at the longest, from then on."),
      ]), "Who may go ahead alone when that time is over; the run pauses if not given."),
  ]
}
