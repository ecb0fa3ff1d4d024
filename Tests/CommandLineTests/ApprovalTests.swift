import CanonicalJSON
import Glibc
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// A folder with a plan, a file of signers and a key for each person, and the built tool in it.
private final class Office: Sendable {
  let folder: String

  /// - Parameter scenario: below the scenario's name, each line indented by four spaces.
  init(_ scenario: String) throws {
    folder = try temporaryFolder("office")
    try writeFile("\(folder)/plan.yaml", "apiVersion: sie-dr/v1\nkind: RecoveryPlan\nmetadata: { name: office }\nscenarios:\n  fire:\n    detect: { noticedWithin: 5m }\n" + scenario)
    var signers = "# who may approve\n"
    let people: [(String, String?)] = [("ada", "lead"), ("bob", "owner"), ("cat", "on-call"), ("eve", nil)]
    for (person, name) in people {
      try runProgram(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", "\(folder)/\(person)"])
      let key = try readFile("\(folder)/\(person).pub").split(separator: " ").prefix(2).joined(separator: " ")
      if let name { signers += "\(name) \(key)\n" }
      // The same person under a second name.
      if person == "ada" { signers += "deputy \(key)\n" }
    }
    try writeFile("\(folder)/allowed_signers", signers)
  }
  deinit { removeFolder(folder) }

  func start(_ arguments: [String]) throws -> StartedProgram {
    try StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["SIE_DR_WHO": "tester", "PATH": "/usr/bin:/bin", "HOME": folder], in: folder)
  }
  @discardableResult func run(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> ProgramResult { try await start(arguments).end(within: limit) }

  /// An `apply` that waits for people.
  func apply(_ arguments: String...) async throws -> (program: StartedProgram, run: String) {
    let program = try start(["apply", "--yes"] + (arguments.isEmpty ? ["plan.yaml", "--scenario", "fire"] : arguments))
    try await until("the run waits: \(program.errors)") { self.runs.max().map { (try? self.journal($0).count) ?? 0 > 1 } ?? false || !program.isRunning }
    return (program, try lastRun())
  }
  func approve(_ run: String, as person: String, _ more: String...) async throws -> ProgramResult {
    try await start(["approve", run, "--key", person, "--yes"] + more).end()
  }

  private var runs: [String] { names(in: "\(folder)/.sie-dr/runs") }
  func lastRun() throws -> String { try #require(runs.max()) }
  func journal(_ run: String) throws -> [JournalRecord] { try JournalText(readBytes("\(folder)/.sie-dr/runs/\(run)/journal.jsonl")).records }
  func has(_ run: String, _ holds: (Event) -> Bool) throws -> Bool { try journal(run).contains { holds($0.event) } }
  func exists(_ name: String) -> Bool { names(in: folder).contains(name) }
}

private let steps = "    steps:\n      mark: { command.run: { run: [touch, marked], undo: [rm, -f, marked] }, timeout: 10s, estimate: 1s }\n"

/// Approvals of real people: real keys, real `ssh-keygen`, several processes.
@Suite("Approvals by signature", .timeLimit(.minutes(5))) struct ApprovalTests {
  private static let two = "    approve: { by: [lead, owner, deputy], atLeast: 2, within: 15m }\n" + steps

  @Test("apply waits until two people have signed from other terminals; whose word does not count is refused by name") func waits() async throws {
    let office = try Office(Self.two)
    let (program, run) = try await office.apply()
    try await until("it says whom it waits for") { program.errors.contains("elsewhere: ") }
    #expect(program.errors.contains("waiting for the approval of 2 of lead, owner, deputy") && program.errors.contains("sie-dr approve \(run)"), "\(program.errors)")
    let several = try await office.approve(run, as: "ada")
    #expect(several.status == 1 && several.errors.contains("error[name-unclear]: your key ada can sign as lead, deputy"), "\(several.errors)")
    let first = try await office.approve(run, as: "ada", "--as", "lead")
    #expect(first.status == 0 && first.output.contains("taken up by run `\(run)`"), "\(first.output)\(first.errors)")
    for (person, name, code) in [("ada", "lead", "approval-twice"), ("ada", "deputy", "approval-twice"), ("eve", "owner", "approval-by-stranger"), ("cat", "on-call", "approval-by-stranger")] {
      let refused = try await office.approve(run, as: person, "--as", name)
      #expect(refused.status == 1 && refused.errors.hasPrefix("error[\(code)]"), "\(person) as \(name): \(refused.errors)")
    }
    // Signed for the run, and then changed.
    #expect(try await office.approve(run, as: "bob", "--out", "bob.json").status == 0)
    let signed = try readFile("\(office.folder)/bob.json")
    try writeFile("\(office.folder)/changed.json", signed.replacing("\"breaksGlass\":false", with: "\"breaksGlass\":true"))
    let changed = try await office.run("approve", run, "--file", "changed.json")
    #expect(changed.status == 1 && changed.errors.hasPrefix("error[approval-bad-signature]"), "\(changed.errors)")
    // Good for a second only.
    #expect(try await office.approve(run, as: "bob", "--for", "1s", "--out", "short.json").status == 0)
    try await Task.sleep(for: .milliseconds(1_200))
    let expired = try await office.run("approve", run, "--file", "short.json")
    #expect(expired.status == 1 && expired.errors.hasPrefix("error[approval-expired]"), "\(expired.errors)")
    #expect(!office.exists("marked") && program.isRunning)
    #expect(try await office.run("approve", run, "--file", "bob.json").status == 0)
    let end = try await program.end()
    #expect(end.status == 0 && office.exists("marked"), "\(end.errors)")
    #expect(end.errors.contains("the run is approved by lead, owner") && end.errors.contains("refused, said by deputy"), "\(end.errors)")
    #expect(end.output.contains("Decided by people"), "\(end.output)")
    try await proveFromJournal(office, run)
  }

  /// What an auditor does: the signatures of the journal, by stock tools.
  private func proveFromJournal(_ office: Office, _ run: String) async throws {
    let approvals = try office.journal(run).compactMap { record -> SignedApproval? in
      if case .said(let said) = record.event, case .approve(let approval) = said.word.order { approval } else { nil }
    }
    #expect(approvals.map(\.statement.name) == ["lead", "owner"])
    for approval in approvals {
      try writeFile("\(office.folder)/audit.sig", approval.signature)
      let message = String(decoding: try approval.statement.signedBytes(), as: UTF8.self)
      let proof = try runProgram(
        ["ssh-keygen", "-Y", "verify", "-f", "\(office.folder)/allowed_signers", "-I", approval.statement.name, "-n", "sie-dr-approval", "-s", "\(office.folder)/audit.sig"], input: message)
      #expect(proof.output.contains("Good \"sie-dr-approval\" signature for \(approval.statement.name)"))
    }
  }

  @Test("an approval of a saved changeset is a file that is handed over; one of another changeset is refused") func handedOver() async throws {
    let office = try Office(Self.two)
    #expect(try await office.run("plan", "plan.yaml", "--scenario", "fire", "--out", "reviewed.json").status == 0)
    for (person, name) in [("ada", "lead"), ("bob", "owner")] {
      let signed = try await office.approve("reviewed.json", as: person, "--as", name, "--out", "\(person).json")
      #expect(signed.status == 0 && signed.output.contains("apply CHANGESET --approval \(person).json"), "\(signed.errors)\(signed.output)")
    }
    let applied = try await office.run("apply", "--yes", "reviewed.json", "--approval", "ada.json", "--approval", "bob.json")
    #expect(applied.status == 0 && office.exists("marked"), "\(applied.errors)")
    try writeFile("\(office.folder)/plan.yaml", readFile("\(office.folder)/plan.yaml").replacing("[touch, marked]", with: "[touch, other]"))
    let other = try office.start(["apply", "--yes", "plan.yaml", "--scenario", "fire", "--approval", "ada.json", "--approval", "bob.json"])
    try await until("both are refused") { other.errors.components(of: "has approved another changeset").count == 2 }
    other.send(SIGINT)
    #expect(try await other.end().status == 130 && !office.exists("other"))
  }

  @Test("approvers asleep: the run pauses, and what they sign later is taken up by whoever resumes") func asleep() async throws {
    let office = try Office(Self.two.replacing("within: 15m", with: "within: 1s"))
    let paused = try await office.run("apply", "--yes", "plan.yaml", "--scenario", "fire")
    #expect(paused.status == 6 && paused.output.contains("too few people have approved it in time"), "\(paused.output)")
    let run = try office.lastRun()
    #expect(paused.output.contains("sie-dr approve \(run)"))
    for (person, name) in [("ada", "lead"), ("bob", "owner")] {
      let left = try await office.approve(run, as: person, "--as", name)
      #expect(left.status == 6 && left.output.contains("nobody is at work on run `\(run)`"), "\(left.output)\(left.errors)")
    }
    let resumed = try await office.run("resume", run)
    #expect(resumed.status == 0 && office.exists("marked"), "\(resumed.errors)")
  }

  @Test("a broken glass lets one go ahead when the time is over, loudly; without a reason nobody breaks it") func glass() async throws {
    let office = try Office("    approve: { by: [lead, owner], atLeast: 2, within: 1s, breakGlass: { by: [on-call], within: 5m } }\n" + steps)
    let (program, run) = try await office.apply()
    #expect(try await office.approve(run, as: "cat", "--break-glass").status == 64)
    let broken = try await office.approve(run, as: "cat", "--break-glass", "--reason", "nobody answers the phone")
    #expect(broken.status == 0, "\(broken.errors)")
    let end = try await program.end()
    #expect(end.status == 0 && office.exists("marked"))
    for said in [end.errors, end.output] { #expect(said.contains("THE GLASS IS BROKEN: on-call alone lets the run go ahead: nobody answers the phone"), "\(said)") }
    #expect(try office.has(run) { if case .gateOpened(let opened) = $0 { opened.glassBroken && opened.by == ["on-call"] } else { false } })
  }

  @Test("where nobody could ever sign, nothing is begun, and plan says so") func nobody() async throws {
    let office = try Office(Self.two)
    try writeFile("\(office.folder)/allowed_signers", "somebody-else ssh-ed25519 AAAA\n")
    #expect(try await office.run("plan", "plan.yaml", "--scenario", "fire").output.contains("! nobody can approve it: the file of signers has no key of `lead`, `owner`, `deputy`"))
    let refused = try await office.run("apply", "--yes", "plan.yaml", "--scenario", "fire")
    #expect(refused.status == 1 && refused.errors.hasPrefix("error[signers-missing]"), "\(refused.errors)")
    #expect(!office.exists(".sie-dr"))
  }

  @Test("a run that is killed before a point of no return goes on to wait, and the signature that came meanwhile counts") func killed() async throws {
    let office = try Office("""
          steps:
            fence: { command.run: { run: [touch, fenced], undo: [rm, -f, fenced] }, timeout: 10s, estimate: 1s }
            promote: { command.run: { run: [touch, promoted] }, irreversible: The timelines part., needs: [fence], approve: { by: [owner], within: 15m }, timeout: 10s, estimate: 1s }

      """)
    let (program, run) = try await office.apply()
    try await until("it waits at the point of no return") { program.errors.contains("point of no return: `promote` cannot be undone: The timelines part.") }
    program.send(SIGKILL)
    _ = try await program.end()
    #expect(office.exists("fenced"))
    let wrong = try await office.run("resume", run, "--skip", "no-such-step")
    #expect(wrong.status == 1)
    let signed = try office.start(["approve", run, "--key", "bob", "--yes"])
    try await until("it is in the inbox") { !names(in: "\(office.folder)/.sie-dr/runs/\(run)/inbox").isEmpty }
    let resumed = try await office.run("resume", run)
    #expect(resumed.status == 0 && office.exists("promoted"), "\(resumed.errors)")
    #expect(try await signed.end().status == 0)
    #expect(try office.has(run) { if case .gateOpened(let opened) = $0 { opened.gate.step == "promote" } else { false } })
  }
}

/// Trials, and words from other terminals.
@Suite("Words from another terminal", .timeLimit(.minutes(5))) struct WordTests {
  private func trial(_ provisional: String) throws -> Office { try Office("    provisional: \(provisional)\n" + steps) }
  private func onTrial(_ office: Office) async throws -> (program: StartedProgram, run: String) {
    let (program, run) = try await office.apply()
    try await until("it is on trial") { program.errors.contains("on trial until") }
    #expect(office.exists("marked"))
    return (program, run)
  }

  @Test("what is on trial is kept by a word") func commit() async throws {
    let office = try trial("{ for: 10m, then: rollback }")
    let (program, run) = try await onTrial(office)
    #expect(program.errors.contains("sie-dr commit \(run)") && program.errors.contains("sie-dr rollback \(run)"))
    #expect(try await office.run("commit", run, "--reason", "customers are happy").status == 0)
    let end = try await program.end()
    #expect(end.status == 0 && office.exists("marked") && end.output.contains("tester keeps what was on trial: customers are happy"), "\(end.output)")
    let again = try await office.run("commit", run, "--reason", "twice")
    #expect(again.status == 6, "\(again.output)\(again.errors)")
  }

  @Test("or taken back from another terminal") func rollback() async throws {
    let office = try trial("{ for: 10m, then: commit }")
    let (program, run) = try await onTrial(office)
    let back = try await office.run("rollback", run, "--reason", "it is slow")
    #expect(back.status == 0 && back.errors.contains("it is told to take itself back"), "\(back.errors)")
    let end = try await program.end()
    #expect(end.status == 4 && !office.exists("marked"), "\(end.errors)")
  }

  @Test("or the time is over, and the plan's word holds", arguments: [("rollback", Int32(4)), ("commit", 0)]) func over(_ word: String, _ status: Int32) async throws {
    let office = try trial("{ for: 1s, then: \(word) }")
    let end = try await office.run("apply", "--yes", "plan.yaml", "--scenario", "fire")
    #expect(end.status == status && office.exists("marked") == (word == "commit"), "\(end.errors)")
    #expect(end.errors.contains("nobody has said anything"))
  }

  @Test("killed on trial, it is kept by a word in time even if it is resumed too late; without one the plan's word holds", arguments: [true, false])
  func killed(_ isKept: Bool) async throws {
    let office = try trial("{ for: 15s, then: rollback }")
    let (program, run) = try await onTrial(office)
    program.send(SIGKILL)
    _ = try await program.end()
    if isKept { #expect(try await office.run("commit", run, "--reason", "it works").status == 6) }
    try await Task.sleep(for: .seconds(15))
    let resumed = try await office.run("resume", run)
    #expect(resumed.status == (isKept ? 0 : 4) && office.exists("marked") == isKept, "\(resumed.errors)")
  }

  private static let busy = """
        onFailure: continue
        steps:
          slow: { command.run: { run: [sleep, "60"], undo: ["true"] }, timeout: 2m, estimate: 1m }
          flaky: { command.run: { run: [sh, -c, 'test -e open && touch passed'], undo: [rm, -f, passed] }, timeout: 10s, estimate: 1s }
          next: { command.run: { run: [touch, next], undo: [rm, -f, next] }, needs: [flaky, slow], timeout: 10s, estimate: 1s }

    """

  @Test("a failed step is tried again and a running one skipped, while the run goes on in another process") func skipAndRetry() async throws {
    let office = try Office(Self.busy)
    let (program, run) = try await office.apply()
    try await until("the step has failed") { program.errors.contains("flaky failed") }
    #expect(try await office.run("retry", run, "slow", "--reason", "x").errors.hasPrefix("error[step-not-failed]"))
    #expect(try await office.run("skip", run, "nowhere", "--reason", "x").errors.hasPrefix("error[step-unknown]"))
    #expect(try await office.run("skip", run, "slow").status == 64, "a reason is needed")
    try writeFile("\(office.folder)/open", "")
    #expect(try await office.run("retry", run, "flaky", "--reason", "the gate is open").status == 0)
    try await until("it has passed") { office.exists("passed") }
    let skipped = try await office.run("skip", run, "slow", "--reason", "hangs")
    #expect(skipped.status == 0, "\(skipped.output)\(skipped.errors)")
    let end = try await program.end()
    #expect(end.status == 0 && office.exists("next"), "\(end.errors)")
    #expect(end.output.contains("slow is skipped by tester: hangs") && end.output.contains("flaky is to be tried again, says tester: the gate is open"), "\(end.output)")
  }

  @Test("a run that is paused takes the word when it is resumed") func paused() async throws {
    let office = try Office(Self.busy.replacing("continue", with: "pause").replacing("\"60\"", with: "\"0\""))
    let paused = try await office.run("apply", "--yes", "plan.yaml", "--scenario", "fire")
    #expect(paused.status == 6)
    let run = try office.lastRun()
    #expect(try await office.run("skip", run, "flaky", "--reason", "done by hand").status == 6)
    let resumed = try await office.run("resume", run)
    #expect(resumed.status == 0 && office.exists("next") && !office.exists("passed"), "\(resumed.errors)")
  }
}

extension String {
  fileprivate func components(of text: String) -> [Range<String.Index>] { ranges(of: text) }
}
