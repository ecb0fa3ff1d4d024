public import Units

/// A program to run, with all that it gets. Nothing is inherited, and no shell splits or expands anything.
///
/// Arguments are visible to every user of the machine (`ps`): a secret belongs in `environment` or in the input.
public struct ChildCommand: Sendable {
  /// A name, looked up on the `PATH` of `environment`, or a path; a relative path starts at `workingDirectory`.
  public var program: String
  public var arguments: [String]
  /// Exactly these variables. `ChildCommand.toolDefaults(from:)` gives what an ordinary tool needs.
  public var environment: [String: String]
  /// Where it runs; nil: where this process does.
  public var workingDirectory: String?
  /// How long it may take. Then it is stopped with everything that it started.
  public var deadline: TimeSpan
  /// How long a program that is being stopped has between SIGTERM and SIGKILL.
  public var grace: TimeSpan = .seconds(5)
  /// How many bytes of its output `run` keeps, from the beginning. What comes after is read and dropped.
  public var outputLimit = 1 << 20
  /// How many bytes of its error output are kept, from the end.
  public var errorLimit = 64 << 10
  /// Values that must not be shown: they are blotted out of the error output as they are, in base64 and percent-encoded.
  public var secrets: [String] = []

  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], workingDirectory: String? = nil, deadline: TimeSpan
  ) {
    self.program = program; self.arguments = arguments; self.environment = environment
    self.workingDirectory = workingDirectory; self.deadline = deadline
  }

  /// What an ordinary tool needs of the environment, taken from `own`: PATH, HOME, TZ and TMPDIR where they are set, and
  /// messages in English.
  public static func toolDefaults(from own: [String: String]) -> [String: String] {
    var values = own.filter { ["PATH", "HOME", "TZ", "TMPDIR"].contains($0.key) }
    if values["PATH"] == nil { values["PATH"] = ProgramLookup.standardPath }
    values["LANG"] = "C.UTF-8"
    return values
  }
}

/// What a program reads as its standard input.
public enum ChildInput: Sendable {
  case none
  case bytes([UInt8])
  /// Called for one chunk after another, no faster than the program reads, until it returns nil. When it throws, the program is
  /// killed before it can take the end of its input for the end of the data.
  case chunks(@Sendable () async throws -> [UInt8]?)
}

/// How a program ended.
public enum ChildStatus: Hashable, Sendable, CustomStringConvertible {
  case exited(Int32)
  case signaled(Int32)

  public var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signaled(let number): "killed by \(SignalName.of(number))"
    }
  }
}

/// What is left of a program that ended by itself.
public struct ChildOutput: Sendable {
  public var status: ChildStatus
  /// The beginning of its output; empty after `stream`, which hands the output on.
  public var output: [UInt8]
  /// Whether there was more output than the command's `outputLimit`.
  public var outputTruncated: Bool
  /// The end of its error output as plain text: no control sequences, no secrets that the command names.
  public var errorOutput: String
  /// Whether there was more error output than the command's `errorLimit`.
  public var errorTruncated: Bool

  public var succeeded: Bool { status == .exited(0) }
  /// The output as text; bytes that are not UTF-8 are replaced.
  public var text: String { String(decoding: output, as: UTF8.self) }
}

enum SignalName {
  static func of(_ number: Int32) -> String {
    names[number].map { "SIG\($0)" } ?? "signal \(number)"
  }
  private static let names: [Int32: String] = [
    1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 11: "SEGV", 13: "PIPE", 14: "ALRM", 15: "TERM",
    24: "XCPU", 25: "XFSZ", 31: "SYS",
  ]
}
