internal import ArgumentParser
internal import Diagnostics
internal import Reporting
internal import YAMLReading

struct FmtCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Put the white space of a plan in order: prints it, or checks or rewrites the file.",
    discussion: """
      Two spaces a level, nothing at the ends of lines, at most one empty line in a row, one line feed at the end. Comments, quotes and the order of keys \
      stay as they are; where anchors or tags make places ambiguous, so does the indentation. The text is read again before it is shown or written: \
      it says the same, or nothing is done.
      """)

  @Argument(help: "The plan file; `-` for standard input.")
  var plan: String
  @Flag(help: "Print nothing but the file's name if it is not in order, and exit with 2.")
  var check = false
  @Flag(help: "Rewrite the file.")
  var write = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if check && write { throw ValidationError("either --check or --write") }
    if write && plan == "-" { throw ValidationError("--write needs a file, not standard input") }
  }

  func run() throws {
    try CommandSession.guarded(global) { console in
      let file = SourceFile(path: plan == "-" ? "<stdin>" : plan, bytes: try Files.read(plan))
      let (document, findings) = readYAML(file)
      guard findings.isEmpty else {
        let renderer = DiagnosticRenderer(sources: [file], options: .init(color: console.style.color, width: console.style.width))
        console.writeError(renderer.render(findings) + "\n")
        throw CommandFailure("plan-has-errors", "\(file.path) is not formatted: it cannot be read", helps: ["mend what is shown above, then run it again"])
      }
      guard let text = formatted(document) else {
        throw CommandFailure(
          "not-formatted", "\(file.path) is left as it is: with other white space it would not say the same",
          helps: ["look at texts of several lines, and indent by hand around them"])
      }
      if check {
        if text != file.bytes { console.write("\(file.path)\n") }
        return text == file.bytes ? .done : .changesPending
      }
      if !write { console.write(String(decoding: text, as: UTF8.self)) } else if text != file.bytes { try Files.replace(plan, with: text) }
      return .done
    }
  }
}
