internal import ChildProcess
internal import Glibc
internal import PlanModel
internal import ProviderInterface
internal import Units

/// Finds secret values where the plan says they are, when they are needed. Says which secret and where it looked, never what it found.
struct SecretSources: SecretResolving {
  let environment: [String: String]
  let children: ChildRunner
  /// From which relative paths count: the folder of the plan file.
  let folder: String

  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue {
    switch secret.source {
    case .env(let variable):
      guard let value = environment[variable], !value.isEmpty else {
        throw missing(secret, "the environment variable \(variable) is not set", "export \(variable) and run the command again")
      }
      return SecretValue(value)
    case .file(let path):
      let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
      do {
        let value = SecretValue(withoutFinalNewline(String(decoding: try Files.read(full), as: UTF8.self)))
        guard !value.reveal().isEmpty else { throw missing(secret, "the file \(full) is empty", "write the value into it") }
        return value
      } catch let problem as CommandFailure {
        throw missing(secret, problem.failure.message, "put the value into \(full), readable by this user only")
      } catch let problem as StepFailure {
        throw problem
      } catch {
        throw missing(secret, "the file \(full) cannot be read", "check the path")
      }
    case .command(let arguments):
      return try await output(of: arguments, for: secret)
    }
  }

  private func output(of arguments: [String], for secret: SecretReference) async throws(StepFailure) -> SecretValue {
    guard let program = arguments.first else { throw missing(secret, "its command is empty", "name a program") }
    let command = ChildCommand(
      program, Array(arguments.dropFirst()), environment: environment, workingDirectory: folder, deadline: .seconds(30))
    let result: ChildOutput
    do throws(ChildError) { result = try await children.run(command) } catch {
      throw missing(secret, "\(program): \(error)", "run the command by hand and look at what it says")
    }
    guard result.succeeded, !result.text.isEmpty else {
      throw missing(secret, "\(program) ended with \(result.status)", "run the command by hand and look at what it says")
    }
    return SecretValue(withoutFinalNewline(result.text))
  }

  private func missing(_ secret: SecretReference, _ why: String, _ help: String) -> StepFailure {
    StepFailure("secret-not-found", "the secret `\(secret.name)` cannot be had: \(why)", helps: [help])
  }

  private func withoutFinalNewline(_ text: String) -> String {
    text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
