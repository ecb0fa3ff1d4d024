import CanonicalJSON
import Glibc
import PlanModel
import ProviderInterface
@testable import TerraformProvider
import TestSupport
import Testing
import Units

@Suite("Terraform, the real one", .timeLimit(.minutes(5))) struct ApplyTests {
  @Test func conformance() async throws {
    func suite() throws -> StepConformance<[String]> {
      let world = try World()
      return try StepConformance(AnyStepKind(TerraformApply.self), CanonicalJSON.value(world.arguments), world.performers, world.context()) { try world.state() }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().undoes()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test("its changes are shown before, done, and not there any more; outputs are handed on but the sensitive ones; looking leaves nothing") func whole() async throws {
    let world = try World()
    let new = await world.look()
    #expect(new.change.action == .create && new.change.reason == "the workspace `west` is new: all of the configuration is made")
    #expect(world.files() == ["main.tf"] && names(in: "\(world.folder)/tmp").isEmpty)
    let result = try await world.apply()
    #expect(result.summary == "3 made in the workspace `west`; note: sensitive outputs are not handed on: `token`")
    #expect(result.outputs == ["address": .text("address-of-x"), "half": .text("0.5"), "many": .text("[1,2]"), "yes": .text("true")])
    #expect(try world.state().count == 3 && world.state("default").isEmpty)
    #expect(await world.look().change.action == .none)
    // Another name: both machines are made anew, and what stands on them.
    let shown = await world.look { $0.variables["name"] = .text("y") }.change
    #expect(shown.action == .update && shown.reason == "3 made anew" && shown.after["null_resource.machine[0]"] == "made anew" && shown.losses.count == 3, "\(shown)")
    #expect(names(in: "\(world.folder)/tmp").isEmpty && !world.files().contains(".terraform"))
  }

  @Test("undo destroys what this run made, and nothing else; what it has replaced it does not bring back, and says so") func undo() async throws {
    let first = try World()
    try await first.apply { $0.workspace = "default" }
    let before = try first.state("default")
    // Another run, of a configuration that has grown.
    try writeFile("\(first.folder)/infra/more.tf", "resource \"null_resource\" \"more\" {\n  count = 2\n}\n")
    let mark = StepMark(run: RunID(rawValue: "20261125T080000Z-0000"), step: "provision", attempt: 1)
    var context = first.context()
    context.mark = mark
    var arguments = first.arguments
    arguments.workspace = "default"
    let result = try await TerraformPerformer(host: first.host).perform(arguments, in: context)
    let grown = try first.state("default")
    #expect(result.summary.hasPrefix("2 made") && grown.count == 5)
    try await TerraformPerformer(host: first.host).undo(arguments, result: result, in: context)
    #expect(try first.state("default") == before)
    arguments.variables["name"] = .text("y")
    try runProgram(["rm", "\(first.folder)/infra/more.tf"])
    let replaced = try await TerraformPerformer(host: first.host).perform(arguments, in: context)
    #expect(replaced.summary.contains("undo does not take back what was not made but 3 made anew"), "\(replaced.summary)")
  }

  @Test("what others depend on is not destroyed") func others() async throws {
    let world = try World()
    try await world.apply { $0.workspace = "default" }
    try writeFile("\(world.folder)/infra/more.tf", "resource \"null_resource\" \"base\" {}\n")
    var context = world.context()
    context.mark = StepMark(run: RunID(rawValue: "20261125T080000Z-0000"), step: "provision", attempt: 1)
    var arguments = world.arguments
    arguments.workspace = "default"
    _ = try await TerraformPerformer(host: world.host).perform(arguments, in: context)
    // Somebody makes something else that depends on it.
    try writeFile("\(world.folder)/infra/else.tf", "resource \"null_resource\" \"dependent\" {\n  triggers = { base = null_resource.base.id }\n}\n")
    try await world.apply(attempt: 2) { $0.workspace = "default" }
    let before = try world.state("default")
    let failed = await failure { [arguments, context] in try await TerraformPerformer(host: world.host).undo(arguments, result: nil, in: context) }
    #expect(failed?.code == "others-depend" && failed?.message.contains("`null_resource.dependent`") == true, "\(failed?.text ?? "no failure")")
    #expect(try world.state("default") == before)
  }

  @Test("cut off in the middle, what was made is known: it is finished, or destroyed") func cutOff() async throws {
    let slow = "resource \"null_resource\" \"slow\" {\n  depends_on = [null_resource.after]\n  provisioner \"local-exec\" { command = \"test -e go || sleep 60\" }\n}\n"
    let world = try World(World.configuration + slow)
    let cut = await failure { try await world.apply(timeout: .seconds(6)) }
    #expect(cut?.code == "terraform-timed-out" && cut?.isTransient == true, "\(cut?.text ?? "no failure")")
    #expect(await TerraformPerformer(host: world.host).settle(world.arguments, in: world.context()) == .notDone)
    #expect(try world.state().count >= 3)
    try writeFile("\(world.folder)/infra/go", "")
    let result = try await world.apply(attempt: 2)
    #expect(try world.state().count == 4)
    try await world.undo(result)
    #expect(try world.state().isEmpty && !world.files().contains { $0.hasPrefix(".sie-dr") } && names(in: "\(world.folder)/infra/terraform.tfstate.d").isEmpty)
  }

  @Test("a lock that somebody holds is told with its owner") func locked() async throws {
    let world = try World(World.configuration + "resource \"null_resource\" \"slow\" {\n  provisioner \"local-exec\" { command = \"touch started; while ! test -e go; do sleep 0.1; done\" }\n}\n")
    let holder = Task { await failure { try await world.apply() } }
    try await until("it applies") { access("\(world.folder)/infra/started", F_OK) == 0 }
    // Looking needs no lock.
    #expect(await world.look().observation.facts["workspace"] == "present")
    let refused = await failure { try await Configuration(world.arguments, on: world.host, work: "\(world.folder)/tmp", deadline: .seconds(30)) { _ in SecretValue("infra") }.locked() }
    #expect(refused?.code == "state-locked" && refused?.isTransient == true && refused?.text.contains("Who:") == true && refused?.text.contains("force-unlock") == true, "\(refused?.text ?? "no failure")")
    try writeFile("\(world.folder)/infra/go", "")
    #expect(await holder.value == nil)
  }

  @Test("what is wrong is told by its kind, and never with a secret", arguments: [
    ("variable \"missing\" {}\n", "variables-missing"), ("resource \"null_resource\" \"a\" {\n  provisioner \"local-exec\" { command = \"echo the token is $TF_VAR_token >&2; false\" }\n}\n", "terraform-failed"),
    ("this is no configuration", "terraform-failed"), ("terraform {\n  required_version = \"> 99\"\n}\n", "program-too-old"),
    ("resource \"null_resource\" \"b\" {\n  provider = other\n}\nterraform {\n  required_providers {\n    other = { source = \"example/other\" }\n  }\n}\n", "providers-unavailable"),
  ]) func wrong(_ more: String, _ code: String) async throws {
    // Only one block may say which providers are needed.
    let base = code == "providers-unavailable" ? World.configuration.replacing("hashicorp/null", with: "example/other") : World.configuration + more
    let world = try World(base)
    let failed = await failure { try await world.apply() }
    #expect(failed?.code == code, "\(failed?.text ?? "no failure")")
    #expect(failed?.text.contains(World.canary) == false && failed?.details.contains { $0.contains("╷") } == false)
    #expect(names(in: "\(world.folder)/tmp").isEmpty)
  }

  @Test("no program, no configuration, no value: told before anything is done") func missing() async throws {
    let world = try World()
    let failed1 = await failure { try await world.apply { $0.program = .tofu } }
    #expect(failed1?.code == "terraform-missing")
    let failed2 = await failure { try await world.apply { $0.folder = .text("nowhere") } }
    #expect(failed2?.code == "no-configuration")
    #expect(await world.look { $0.folder = .text("nowhere") }.change.reason.contains("the step would fail"))
    #expect(await world.look { $0.folder = .output(step: "checkout", name: "folder") }.observation == .nothing)
    let failed3 = await failure { try await world.apply { $0.folder = .output(step: "checkout", name: "folder") } }
    #expect(failed3?.code == "output-missing")
    #expect(world.files() == ["main.tf"])
  }

  @Test("a backend gets what the configuration leaves open, from a file and not from arguments") func backend() async throws {
    let world = try World("terraform {\n  backend \"local\" {}\n}\noutput \"a\" { value = \"b\" }\n")
    try await world.apply { arguments in
      arguments.workspace = "default"
      arguments.variables = [:]
      arguments.backendConfiguration = ["path": .text("\(world.folder)/elsewhere \"${x}\".tfstate")]
    }
    #expect(access("\(world.folder)/elsewhere \"${x}\".tfstate", F_OK) == 0 && world.files().filter { $0.hasPrefix("terraform") }.isEmpty)
  }

  @Test("a secret is in no argument, output, record or text") func secret() async throws {
    let world = try World(World.configuration + "resource \"null_resource\" \"looks\" {\n  provisioner \"local-exec\" { command = \"cat /proc/*/cmdline > arguments 2> /dev/null; true\" }\n}\n")
    let result = try await world.apply()
    #expect(try !CanonicalJSON.text(result).contains(World.canary))
    #expect(!(try readFile("\(world.folder)/infra/arguments")).contains(World.canary))
    // It is in the state, where Terraform keeps outputs, and nowhere else.
    let holding = try runProgram(["grep", "-rla", World.canary, world.folder], mayFail: true).output.split(separator: "\n")
    #expect(holding.allSatisfy { $0.contains("terraform.tfstate") }, "\(holding)")
  }
}

extension Configuration {
  /// As a second hand would, with no patience.
  fileprivate func locked() async throws(StepFailure) {
    try await start(onlyLooking: true)
    _ = try await enter()
    _ = try await plan()
  }
}
