internal import ArgumentParser
internal import CanonicalJSON
internal import ChangePlanning
internal import ChildProcess
internal import ExecutionCore
internal import ExecutionShell
internal import Glibc
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import SSHSignatures
internal import Units

struct ApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Sign that a run, or a saved changeset, may be carried out.",
    discussion: """
      Shows what would be approved, asks, and signs the digest of the changeset with your SSH key (`ssh-keygen -Y sign`); whoever carries it out checks the \
      signature against the plan's file of signers. For a run the approval is left in its folder; with `--out` it is a file that can be handed over, and \
      `approve RUN --file FILE` or `apply --approval FILE` hands it in. A key with a passphrase must be in the agent (`ssh-add`). Exits with 6 if the \
      approval was left for a run and not taken up yet.
      """)

  @Argument(help: ArgumentHelp("A run, as `runs` lists it, or a changeset saved by `plan --out`.", valueName: "run-or-changeset"))
  var subject: String
  @Option(help: ArgumentHelp("Approve this step, which waits for it just before it acts. Otherwise what the run is waiting for, or its beginning.", valueName: "step"))
  var step: String?
  @Option(name: .customLong("as"), help: ArgumentHelp("Your name under `approve: { by: … }` and in the file of signers. Needed if your key has several.", valueName: "name"))
  var name: String?
  @Option(help: ArgumentHelp("Your SSH key, or the public half of one that the agent holds. Otherwise the first of ~/.ssh/id_ed25519, id_ecdsa, id_rsa. [env: SIE_DR_SSH_KEY]", valueName: "file"))
  var key: String?
  @Flag(help: "Go ahead alone, as the plan's `breakGlass` allows when the others do not answer. Needs a reason.")
  var breakGlass = false
  @Option(help: ArgumentHelp("Why: kept in the journal.", valueName: "text"))
  var reason: String = ""
  @Option(name: .customLong("for"), help: ArgumentHelp("How long the approval is good for if it is not used.", valueName: "time span"))
  var goodFor: String = "1h"
  @Option(name: .customLong("run"), help: ArgumentHelp("With a changeset: only this run of it.", valueName: "run"))
  var ofRun: String?
  @Option(help: ArgumentHelp("Write the approval to this file.", valueName: "file"))
  var out: String?
  @Option(help: ArgumentHelp("Hand in an approval that was signed elsewhere.", valueName: "file"))
  var file: String?
  @Flag(name: .shortAndLong, help: "Do not ask before signing.")
  var yes = false
  @OptionGroup var state: StateOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if breakGlass, reason.isEmpty { throw ValidationError("'--break-glass' needs a '--reason'") }
    if file != nil, out != nil { throw ValidationError("'--file' hands in an approval, and '--out' makes one") }
  }

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let directory = StateFinding.directory(state.state, environment)
      if let file {
        return try await WordDelivery(console, directory, RunID(rawValue: subject)).deliver(.approve(try Self.read(file)), reason: "")
      }
      let subject = try await Subject(self.subject, run: ofRun, out: out, step: step.map { StepName(rawValue: $0) }, directory)
      let rule = try subject.rule(breakGlass)
      let signing = Signing(environment, key)
      let name = if let name { name } else { try await signing.name(among: rule, signers: subject.changeset.signers ?? []) }
      if !yes {
        console.write(try planReport(subject.changeset, as: .text, console.style))
        console.write("\nto approve: \(subject.text)\ndigest \(subject.changeset.digest)\n")
        if breakGlass { console.write("you go ahead alone, in place of those who do not answer: \(reason)\n") }
        guard try console.agreed(to: "approved") else { return .error }
      }
      let now = SystemClock.now()
      let statement = ApprovalStatement(
        digest: subject.changeset.digest, run: subject.run, gate: subject.gate, name: name, at: now, until: now + (try Self.span(goodFor)), reason: reason, breaksGlass: breakGlass)
      let approval = try await signing.sign(statement, signers: subject.changeset.signers ?? [])
      guard let out else {
        guard let run = subject.run else { throw CommandFailure("wrong-usage", "an approval of a changeset is a file", status: .usage, helps: ["add `--out FILE`"]) }
        return try await WordDelivery(console, directory, run).deliver(.approve(approval), reason: reason)
      }
      try Files.write(try CanonicalJSON.bytes(approval) + [0x0A], to: out)
      let hand = subject.run.map { "sie-dr approve \($0) --file \(out)" } ?? "sie-dr apply CHANGESET --approval \(out)"
      console.write("\(out) approves \(subject.text), good until \(statement.until); hand it in with `\(hand)`\n")
      return .done
    }
  }

  static func read(_ path: String) throws(CommandFailure) -> SignedApproval {
    do { return try CanonicalJSON.decode(SignedApproval.self, from: try Files.read(path)) } catch let failure as CommandFailure { throw failure } catch {
      throw CommandFailure("not-an-approval", "\(path) is no approval of this version of sie-dr", helps: ["make one with `sie-dr approve RUN-OR-CHANGESET --out \(path)`"])
    }
  }

  private static func span(_ text: String) throws(CommandFailure) -> TimeSpan {
    guard let span = TimeSpan(text), span > .zero, span <= .days(30) else {
      throw CommandFailure("wrong-usage", "`--for \(text)` is not a time span up to 30d", status: .usage, helps: ["write `--for 1h`"])
    }
    return span
  }
}

/// What is to be approved.
private struct Subject {
  var changeset: Changeset
  var run: RunID?
  var gate: Gate

  init(_ text: String, run ofRun: String?, out: String?, step: StepName?, _ directory: StateDirectory) async throws {
    if access(text, F_OK) == 0, let bytes = try? Files.read(text) {
      changeset = try SavedChangeset.read(bytes, from: text)
      run = ofRun.map { RunID(rawValue: $0) }
      gate = Gate(step: step ?? (changeset.approval == nil ? changeset.approvals.first?.step : nil))
    } else {
      let state: RunState
      do throws(EngineFailure) { state = try await directory.state(of: RunID(rawValue: text)) } catch { throw CommandFailure(error.failure) }
      changeset = state.changeset
      run = state.run
      gate = step.map { Gate(step: $0) } ?? state.gatesWaitedAt.first ?? changeset.approvals.map { Gate(step: $0.step) }.first { state.isShut($0) } ?? .beginning
    }
  }

  var text: String {
    let what = "\(changeset.scenario.map { "recovery from `\($0)`" } ?? "protection") of \(changeset.plan.title)" + (run.map { ", run `\($0)`" } ?? "")
    guard let step = gate.step else { return what }
    let irreversible: String = if case .irreversible(let why)? = changeset[step]?.specification.undo { ", which cannot be undone: \(why)" } else { "" }
    return "the step `\(step)`\(irreversible), in the \(what)"
  }

  /// Who may approve it, so or so.
  func rule(_ breakGlass: Bool) throws(CommandFailure) -> [String] {
    guard let rule = changeset.approvals.first(where: { $0.step == gate.step })?.rule else {
      let steps = changeset.approvals.compactMap(\.step).map { "`--step \($0)`" }.joined(separator: ", ")
      throw CommandFailure("approval-not-asked", "nobody has to approve \(text)", helps: steps.isEmpty ? [] : ["approved are \(steps)"])
    }
    guard breakGlass else { return rule.by }
    guard let glass = rule.breakGlass else { throw CommandFailure("approval-not-asked", "the plan has no `breakGlass` for this", helps: ["it asks for \(rule.by.joined(separator: ", "))"]) }
    return glass.by
  }
}

/// A person's key.
private struct Signing {
  let keygen: SSHKeygen
  let checker: Signatures
  let key: String?

  init(_ environment: [String: String], _ key: String?) {
    let children = ChildRunner()
    keygen = SSHKeygen(children: children, environment: environment)
    checker = Signatures(children, environment)
    let usual = ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(environment["HOME"] ?? "")/.ssh/\($0)" }
    self.key = key ?? environment["SIE_DR_SSH_KEY"] ?? usual.first { access($0, R_OK) == 0 }
  }

  private func path() throws(CommandFailure) -> String {
    guard let key else { throw CommandFailure("key-missing", "there is no SSH key to sign with", helps: ["name yours with `--key FILE`, or make one: `ssh-keygen -t ed25519`"]) }
    return key
  }

  /// The one name among those asked for that the key may sign as.
  func name(among asked: [String], signers: [String]) async throws -> String {
    let path = try path()
    let file = path.hasSuffix(".pub") ? path : "\(path).pub"
    let written = (try? Files.read(file)).map { String(decoding: $0, as: UTF8.self).split(separator: " ") } ?? []
    let publicKey: String
    do throws(SigningError) { publicKey = written.count > 1 ? String(written[1]) : try await keygen.publicKey(of: path) } catch { throw Self.failure(error) }
    let names = AllowedSigners(lines: signers).names(of: publicKey).filter(asked.contains)
    if names.count == 1 { return names[0] }
    throw CommandFailure(
      "name-unclear", names.isEmpty ? "your key \(path) is nobody's of those who are asked: \(asked.joined(separator: ", "))" : "your key \(path) can sign as \(names.joined(separator: ", "))",
      helps: [names.isEmpty ? "name another key with `--key FILE`" : "say as whom: `--as \(names[0])`"])
  }

  /// Signed, and checked as whoever carries it out will.
  func sign(_ statement: ApprovalStatement, signers: [String]) async throws -> SignedApproval {
    let path = try path()
    let approval: SignedApproval
    let bytes = try statement.signedBytes()
    do throws(SigningError) {
      approval = SignedApproval(statement, signature: try await keygen.sign(bytes, with: path, namespace: ApprovalStatement.namespace))
    } catch { throw Self.failure(error) }
    if case .bad(let code, let why) = await checker.check(approval, signers: signers) {
      throw CommandFailure(code, why, helps: ["sign with the key that the file of signers has of you: `--key FILE`"])
    }
    return approval
  }

  private static func failure(_ error: SigningError) -> CommandFailure {
    switch error.kind {
    case .toolMissing: CommandFailure("tool-missing", error.why, helps: ["install OpenSSH's client programs (Debian: `openssh-client`)"])
    case .keyUnusable, .badSignature, .notASigner, .other:
      CommandFailure("key-unusable", error.why, helps: ["if it has a passphrase, put it into the agent first: `ssh-add FILE`"])
    }
  }
}
