internal import ArgumentParser

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of plans, or of what sie-dr writes.",
    discussion: """
      For editors and for programs that read what sie-dr has written. An editor with a YAML language server takes the plan's from a first line \
      `# yaml-language-server: $schema=FILE`.
      """)

  @Argument(help: "Of what.")
  var document: SchemaDocument = .plan
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      console.write(try document.text())
      return .done
    }
  }
}

extension SchemaDocument: ExpressibleByArgument {}
