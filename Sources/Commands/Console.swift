internal import Glibc
internal import Reporting

/// Where commands write, and how.
struct Console: Sendable {
  enum Color: String, Sendable, CaseIterable { case auto, always, never }
  let style: TextStyle
  /// Whether standard error is a terminal, where progress can be drawn in place.
  let progressIsLive: Bool
  /// Whether a person can be asked.
  let canAsk: Bool

  init(_ color: Color, environment: [String: String]) {
    let plain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let colored =
      switch color {
      case .always: true
      case .never: false
      case .auto: isTerminal && !plain && environment["TERM"] != "dumb"
      }
    style = TextStyle(color: colored, width: Self.terminalWidth() ?? 120)
    progressIsLive = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    canAsk = isatty(STDIN_FILENO) == 1
  }

  func write(_ text: String) { Self.write(text, to: STDOUT_FILENO) }
  func writeError(_ text: String) { Self.write(text, to: STDERR_FILENO) }

  /// A line from standard input, nil at its end. Blocks: for questions only.
  func ask(_ prompt: String) -> String? {
    writeError(prompt)
    return readLine()
  }

  /// Whether the person at the terminal wants it.
  func agreed(to what: String) throws(CommandFailure) -> Bool {
    guard canAsk else {
      throw CommandFailure("nobody-to-ask", "there is no terminal to ask on", helps: ["write `--yes` to go ahead without a question"])
    }
    while let line = ask("\nDo you want this to be \(what)? Only `yes` is taken as a yes: ") {
      if line == "yes" { return true }
      if ["no", "n", ""].contains(line.lowercased()) { break }
    }
    write("nothing was \(what)\n")
    return false
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }

  private static func terminalWidth() -> Int? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return nil }
    return Int(size.ws_col)
  }
}
