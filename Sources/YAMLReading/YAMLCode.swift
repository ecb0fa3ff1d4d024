public import Diagnostics

/// Every kind of finding that reading a YAML file can have.
public enum YAMLCode: String, CaseIterable, Sendable {
  case aliasExpansion = "yaml-alias-expansion"
  case aliasRecursive = "yaml-alias-recursive"
  case aliasUndefined = "yaml-alias-undefined"
  case ambiguousValue = "yaml-ambiguous-value"
  case brokenReference = "yaml-broken-reference"
  case controlCharacter = "yaml-control-character"
  case customTag = "yaml-custom-tag"
  case duplicateKey = "yaml-duplicate-key"
  case empty = "yaml-empty"
  case indentation = "yaml-indentation"
  case keyNotText = "yaml-key-not-text"
  case mergeKey = "yaml-merge-key"
  case missingColon = "yaml-missing-colon"
  case notUTF8 = "yaml-not-utf8"
  case secondDocument = "yaml-second-document"
  case syntax = "yaml-syntax"
  case tab = "yaml-tab"
  case tagMismatch = "yaml-tag-mismatch"
  case tooDeep = "yaml-too-deep"
  case tooLarge = "yaml-too-large"
  case tooManyFindings = "yaml-too-many-findings"
  case tooManyNodes = "yaml-too-many-nodes"
  case unclosed = "yaml-unclosed"
  case unexpectedColon = "yaml-unexpected-colon"
  case unknownAddress = "yaml-unknown-address"
  case variableInKey = "yaml-variable-in-key"
  case version = "yaml-version"

  public var code: DiagnosticCode { DiagnosticCode(rawValue: rawValue) }

  /// One line for the reference: when it is reported.
  public var meaning: String {
    switch self {
    case .aliasExpansion: "Aliases repeat so much content that the document would grow beyond all use."
    case .aliasRecursive: "An alias stands inside the very value that it names."
    case .aliasUndefined: "An alias names an anchor that does not come before it."
    case .ambiguousValue: "A plain value that YAML 1.1 and YAML 1.2 tools read differently, such as `no` or `1:30`."
    case .brokenReference: "A text begins like a reference to a variable, `${var.NAME}`, and is none."
    case .controlCharacter: "A character that cannot be seen, or that changes how the text around it is shown."
    case .customTag: "A tag that is not one of YAML's own."
    case .duplicateKey: "A mapping has the same key twice; the first is kept."
    case .empty: "The file has no content, or only comments."
    case .indentation: "A line is not indented like the lines it belongs to."
    case .keyNotText: "A mapping's key is missing, or is no plain word or text."
    case .mergeKey: "The merge key `<<`, which YAML 1.2 does not have."
    case .missingColon: "A key without a colon and a space after it."
    case .notUTF8: "The file is not UTF-8 text."
    case .secondDocument: "The file has a second document after a `---` or `...` line."
    case .syntax: "The text does not follow the grammar of YAML."
    case .tab: "A tab is used for indentation."
    case .tagMismatch: "A tag that the value does not fit, such as `!!int` on a word."
    case .tooDeep: "Collections are nested too deeply."
    case .tooLarge: "The file is larger than any plan may be."
    case .tooManyFindings: "So many findings that reading stopped."
    case .tooManyNodes: "The file has more values than any plan may have."
    case .unclosed: "A quote or bracket is opened and never closed."
    case .unexpectedColon: "A colon where no key can stand."
    case .unknownAddress: "A `--set`, a test or an overlay of a plan is for a place that the plan does not have."
    case .variableInKey: "A key names a variable; only values can."
    case .version: "A `%YAML` line asks for another version than 1.2."
    }
  }
}

extension Diagnostic {
  /// Whatever reading YAML finds is an error.
  init(
    _ code: YAMLCode, _ summary: String, at span: SourceSpan?, label: String = "", related: [Related] = [], notes: [String] = [],
    helps: [String] = []
  ) {
    self.init(code.code, .error, summary, at: span, label: label, related: related, notes: notes, helps: helps)
  }
}
