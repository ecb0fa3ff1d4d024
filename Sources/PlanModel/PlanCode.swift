public import Diagnostics

/// Every kind of finding that reading a plan can have beside the YAML reader's.
public enum PlanCode: String, CaseIterable, Sendable {
  case approvalImpossible = "approval-impossible"
  case missingKey = "missing-key"
  case missingVariable = "missing-variable"
  case namedTwice = "named-twice"
  case tooManyKeys = "too-many-keys"
  case undefinedVariable = "undefined-variable"
  case unknownAPIVersion = "unknown-api-version"
  case unknownEnvironment = "unknown-environment"
  case unknownKey = "unknown-key"
  case unknownReference = "unknown-reference"
  case unknownStepKind = "unknown-step-kind"
  case unusedVariable = "unused-variable"
  case variableCycle = "variable-cycle"
  case wrongName = "wrong-name"
  case wrongRecipient = "wrong-recipient"
  case wrongType = "wrong-type"
  case wrongValue = "wrong-value"
  case wrongVariable = "wrong-variable"

  public var code: DiagnosticCode { DiagnosticCode(rawValue: rawValue) }
  public var severity: Severity { self == .unusedVariable ? .warning : .error }

  /// One line for the reference: when it is reported.
  public var meaning: String {
    switch self {
    case .approvalImpossible: "Of those who may approve a scenario fewer are left than must agree, with those whom `--without` takes away."
    case .missingKey: "A key that must be there is not."
    case .missingVariable: "A variable without a default that nothing gives a value."
    case .namedTwice: "One name stands twice where each must be another one."
    case .tooManyKeys: "Keys stand together of which only one may, such as two kinds in one step."
    case .undefinedVariable: "A variable is named, or given a value, that the plan does not declare."
    case .unknownAPIVersion: "The plan is written in a version of the language that this program does not know."
    case .unknownEnvironment: "An environment that the plan's `overlays` do not have."
    case .unknownKey: "A key that the language does not have at this place; nothing is ignored in silence."
    case .unknownReference: "A name that nothing in the plan has."
    case .unknownStepKind: "A step's kind that no provider has."
    case .unusedVariable: "A variable that no value names."
    case .variableCycle: "A variable whose value is made from itself."
    case .wrongName: "A name that is not made of lower-case letters, digits and `-`, or could be taken for another."
    case .wrongRecipient: "A public key that `age` could not encrypt to."
    case .wrongType: "A text where a list or a mapping belongs, or the other way round."
    case .wrongVariable: "A variable's value that is not of its type, or none of its `oneOf`."
    case .wrongValue: "A value that is not of the kind that belongs here, such as a time without its unit."
    }
  }
}
