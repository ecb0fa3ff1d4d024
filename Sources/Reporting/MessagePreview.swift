public import Units

/// One message of a run that has not begun.
public struct PreviewedMessage: Sendable {
  public var after: TimeSpan
  public var audience, ways, text: String
  public init(after: TimeSpan, audience: String, ways: String, text: String) { self.after = after; self.audience = audience; self.ways = ways; self.text = text }
}

/// What `apply --preview` says: each message in the order in which it would be sent.
public func previewReport(asPredicted: [PreviewedMessage], otherwise: [(what: String, messages: [PreviewedMessage])], _ style: TextStyle) -> String {
  func lines(_ messages: [PreviewedMessage], isTimed: Bool) -> String {
    messages.map { message in
      let head = (isTimed ? "+\(message.after.rounded)  " : "") + "\(message.audience)  by \(message.ways)"
      return "  \(style.paint(head, .dim))\n" + message.text.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)".trimmingEnd() + "\n" }.joined()
    }.joined()
  }
  let first = style.paint("If it goes as predicted", .bold) + "\n" + lines(asPredicted, isTimed: true)
  return ([first] + otherwise.map { style.paint($0.what.prefix(1).uppercased() + $0.what.dropFirst(), .bold) + "\n" + lines($0.messages, isTimed: false) }).joined(separator: "\n")
    + "\nnothing was sent\n"
}
