internal import ArgumentParser
internal import Glibc
internal import ProviderInterface
internal import Reporting

/// What is the same for every command: the console, failures in words, the exit status.
enum CommandSession {
  static var environment: [String: String] {
    var result: [String: String] = [:]
    var pointer = environ
    while let entry = pointer.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") { result[String(text[..<equals])] = String(text[text.index(after: equals)...]) }
      pointer += 1
    }
    return result
  }

  static func guarded(_ global: GlobalOptions, _ body: (Console) throws -> ExitStatus) throws {
    let console = global.console(environment)
    try finish(console) { try body(console) }
  }

  static func guarded(_ global: GlobalOptions, _ body: (Console) async throws -> ExitStatus) async throws {
    let console = global.console(environment)
    let result: Result<ExitStatus, any Error>
    do { result = .success(try await body(console)) } catch { result = .failure(error) }
    try finish(console) { try result.get() }
  }

  private static func finish(_ console: Console, _ body: () throws -> ExitStatus) throws {
    let status: ExitStatus
    do { status = try body() } catch let failure as CommandFailure {
      console.writeError(failure.failure.text(color: console.style.color))
      status = failure.status
    } catch let failure as StepFailure {
      console.writeError(failure.text(color: console.style.color))
      status = .error
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }
}
