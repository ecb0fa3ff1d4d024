/// What became of a run's messages: beside the report, since no message is a reason for a run to fail.
public func messageReport(_ messages: [(step: String, outcome: String, isSent: Bool)], _ style: TextStyle) -> String {
  var table = Table(("message", .left), ("", .left))
  for message in messages { table.rows.append([message.step, message.outcome]) }
  let open = messages.count { !$0.isSent }
  let word = open == 0 ? "" : "\n" + style.paint("\(open) of \(messages.count) messages \(open == 1 ? "has" : "have") not reached anybody for certain", .yellow) + ": tell people by hand\n"
  return table.text(style) + word
}
