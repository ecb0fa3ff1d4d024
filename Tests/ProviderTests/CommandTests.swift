import PlanModel
import ProviderInterface
import TestSupport
import Testing

@Suite("command.run", .timeLimit(.minutes(3)))
struct CommandTests {
  /// A step that makes a file, and what is in its folder.
  private func withMarker(_ body: (StepConformance<[String]>) async throws -> Void) async throws {
    let folder = try temporaryFolder("command")
    defer { removeFolder(folder) }
    let it = try step("command.run: { run: [touch, \(folder)/made], observe: [test, -e, \(folder)/made], undo: [rm, -f, \(folder)/made] }")
    try await body(conformance(it) { names(in: folder).sorted() })
  }

  @Test("performed twice is performed once") func twice() async throws { try await withMarker { try await $0.performsTwiceAsOnce() } }
  @Test("undone it leaves no trace, also undone twice or never done") func undone() async throws { try await withMarker { try await $0.undoes() } }
  @Test("its observe command settles it") func settled() async throws { try await withMarker { try await $0.settles() } }
  @Test("can be planned when it cannot be observed") func unreachable() async throws { try await withMarker { try $0.plansWithoutReach() } }
  @Test("cancelled it does nothing") func cancelled() async throws { try await withMarker { try await $0.honoursCancellation() } }

  @Test("hands text, a secret, an output and its own mark to the program")
  func environment() async throws {
    let script = #"test "$T" = plain -a "$O" = Linux -a "$SIE_DR_STEP" = it -a "${#S}" = \#(canary.count) && echo first && echo second"#
    let it = try step("command.run: { run: [sh, -c, '\(script)'], env: { T: plain, S: { secret: token }, O: { output: before.line } }, captureLine: true }")
    try await #expect(perform(it).outputs == ["line": .text("first")])
    #expect(it.needs == ["before"])
    #expect(!"\(it)".contains(canary))
  }

  @Test("its failure names the status and its last words, and no secret")
  func failure() async throws {
    let it = try step(#"command.run: { run: [sh, -c, 'echo "told $S" >&2; exit 7'], env: { S: { secret: token } } }"#)
    let failure = await #expect(throws: StepFailure.self) { try await perform(it) }
    #expect(failure?.code == "command-failed")
    #expect(failure?.message.contains("exit status 7") == true)
    let details = failure?.details.joined(separator: "\n") ?? ""
    #expect(details.contains("told"))
    #expect(!details.contains(canary))
    #expect(failure?.message.contains(canary) == false)
  }

  @Test("a program that is not there is said to be missing")
  func missing() async throws {
    let it = try step("command.run: { run: [no-such-program-here] }")
    let failure = await #expect(throws: StepFailure.self) { try await perform(it) }
    #expect(failure?.code == "command-not-run")
  }

  @Test("observe: 0 holds, 1 does not, anything else cannot tell", arguments: [(0, Change.Action.none), (1, .run), (2, .run)])
  func observe(status: Int, action: Change.Action) async throws {
    let it = try step("command.run: { run: [uname], observe: [sh, -c, exit \(status)] }")
    let observation = await observers.observe(it.kind, it.arguments, in: observing())
    if case .unreachable = observation.reach { #expect(status == 2) } else { #expect(status < 2) }
    #expect(kinds[it.kind]?.compare(it.arguments, observation, noon).action == action)
  }

  @Test("without an observe command only an idempotent one settles by itself", arguments: [true, false])
  func settles(idempotent: Bool) async throws {
    let it = try step("command.run: { run: [uname], idempotent: \(idempotent) }")
    let settlement = try await performers.settle(it.kind, it.arguments, in: performing())
    if case .unknown = settlement { #expect(!idempotent) } else { #expect(idempotent && settlement == .notDone) }
  }
}
