/// A text that diagnostics point into. The path is shown as given; the bytes are what was read.
public struct SourceFile: Sendable {
  public let path: String
  public let bytes: [UInt8]
  public init(path: String, bytes: [UInt8]) { self.path = path; self.bytes = bytes }
}

/// A place in a source file. Lines and columns count from 1; columns count Unicode scalars.
public struct SourceMark: Hashable, Comparable, Sendable, Codable {
  public var line: Int
  public var column: Int
  public init(line: Int, column: Int) { self.line = line; self.column = column }
  public static func < (a: Self, b: Self) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// From `start` up to and without `end`, in one file. A span knows its file by path, so that it stays a small value.
public struct SourceSpan: Hashable, Sendable, Codable {
  public var path: String
  public var start: SourceMark
  public var end: SourceMark
  public init(path: String, start: SourceMark, end: SourceMark) { self.path = path; self.start = start; self.end = end }
  /// `plans/sie.yaml:41:7`
  public var place: String { "\(path):\(start.line):\(start.column)" }
}

public enum Severity: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
  case note, warning, error
  public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
  private var rank: Int { switch self { case .note: 0; case .warning: 1; case .error: 2 } }
}

/// The stable name of a kind of finding: what people search for, ignore and `explain`. Kebab case, names the pattern found.
public struct DiagnosticCode: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }
  public var description: String { rawValue }
}

/// One thing found, with its place and what to do about it.
///
/// `summary` is one line: what is wrong. `label` stands under the marked text. `notes` say why it matters or show the sum behind a
/// figure; `helps` say what to write or type instead. None of them ever holds a secret.
public struct Diagnostic: Hashable, Sendable, Codable {
  public struct Related: Hashable, Sendable, Codable {
    public var span: SourceSpan
    public var label: String
    public init(span: SourceSpan, label: String) { self.span = span; self.label = label }
  }

  /// A change of the text that mends it.
  public struct Fix: Hashable, Sendable, Codable {
    /// What is replaced; empty: something is put in.
    public var span: SourceSpan
    public var replacement: String
    /// Whether it can be made without a person: the plan then says what it was meant to say, or keeps more than before.
    public var isSafe: Bool
    public init(_ span: SourceSpan, _ replacement: String, isSafe: Bool) { self.span = span; self.replacement = replacement; self.isSafe = isSafe }
  }

  public var code: DiagnosticCode
  public var severity: Severity
  public var summary: String
  public var span: SourceSpan?
  public var label: String
  public var related: [Related]
  public var notes: [String]
  public var helps: [String]
  /// What a machine can write instead; several of them are alternatives.
  public var fixes: [Fix] = []

  public init(
    _ code: DiagnosticCode, _ severity: Severity, _ summary: String, at span: SourceSpan?, label: String = "",
    related: [Related] = [], notes: [String] = [], helps: [String] = []
  ) {
    self.code = code; self.severity = severity; self.summary = summary; self.span = span; self.label = label
    self.related = related; self.notes = notes; self.helps = helps
  }
}

extension Diagnostic {
  /// An error: what most findings are.
  public init(
    _ code: DiagnosticCode, _ summary: String, at span: SourceSpan?, label: String = "", related: [Related] = [], notes: [String] = [],
    helps: [String] = []
  ) {
    self.init(code, .error, summary, at: span, label: label, related: related, notes: notes, helps: helps)
  }
}

extension Diagnostic {
  public func fixed(by fix: Fix?) -> Diagnostic {
    var fixable = self
    if let fix { fixable.fixes.append(fix) }
    return fixable
  }
}

extension Diagnostic: Comparable {
  /// The order of a report: by file and place, the graver first at one place.
  public static func < (a: Self, b: Self) -> Bool {
    if a.span?.path != b.span?.path { return (a.span?.path ?? "") < (b.span?.path ?? "") }
    if a.span?.start != b.span?.start { return (a.span?.start ?? .init(line: 0, column: 0)) < (b.span?.start ?? .init(line: 0, column: 0)) }
    if a.severity != b.severity { return a.severity > b.severity }
    return (a.code.rawValue, a.summary) < (b.code.rawValue, b.summary)
  }
}
