internal import ArgumentParser
internal import PlanModel
internal import PostgreSQLProvider
internal import ProviderInterface

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Draft a plan from a running PostgreSQL server, and say what could not be seen.",
    discussion: """
      Looks at the server (reads only, asks nobody) and prints a plan to begin with: `sie-dr init --url-env SOURCE_URL > plan.yaml`. What only a person \
      can know is marked with CHANGE. Its objectives are only what the draft itself can keep.
      """)

  @Option(help: ArgumentHelp("The environment variable that holds the server's URL.", valueName: "name"))
  var urlEnv: String
  @Option(help: ArgumentHelp("How long each look may take.", valueName: "time span"))
  var timeout: String = "10s"
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    let isName = urlEnv.utf8.allSatisfy { (0x41...0x5A).contains($0 & 0xDF) || (0x30...0x39).contains($0) || $0 == 0x5F }
    guard isName, !urlEnv.isEmpty else { throw ValidationError("--url-env takes the name of an environment variable, never the URL itself") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let world = ReadOnlyWorld(environment: CommandSession.environment, folder: ".")
      let server = PostgreSQLReference(server: "source", url: SecretReference(name: "source-url", source: .env(urlEnv)))
      let context = world.context(timeout: try TimeoutOption.read(timeout, of: "--timeout"), now: SystemClock.now())
      console.write(try DraftPlan(sketch: try await ServerSketch.of(server, in: context), variable: urlEnv).text)
      return .done
    }
  }
}
