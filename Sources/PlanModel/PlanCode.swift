public import Diagnostics

/// Every kind of finding that reading a plan can have beside the YAML reader's. All are errors.
public enum PlanCode: String, CaseIterable, Sendable {
  case missingKey = "missing-key"
  case namedTwice = "named-twice"
  case tooManyKeys = "too-many-keys"
  case unknownAPIVersion = "unknown-api-version"
  case unknownKey = "unknown-key"
  case unknownReference = "unknown-reference"
  case unknownStepKind = "unknown-step-kind"
  case wrongName = "wrong-name"
  case wrongRecipient = "wrong-recipient"
  case wrongType = "wrong-type"
  case wrongValue = "wrong-value"

  public var code: DiagnosticCode { DiagnosticCode(rawValue: rawValue) }

  /// One line for the reference: when it is reported.
  public var meaning: String {
    switch self {
    case .missingKey: "A key that must be there is not."
    case .namedTwice: "One name stands twice where each must be another one."
    case .tooManyKeys: "Keys stand together of which only one may, such as two kinds in one step."
    case .unknownAPIVersion: "The plan is written in a version of the language that this program does not know."
    case .unknownKey: "A key that the language does not have at this place; nothing is ignored in silence."
    case .unknownReference: "A name that nothing in the plan has."
    case .unknownStepKind: "A step's kind that no provider has."
    case .wrongName: "A name that is not made of lower-case letters, digits and `-`, or could be taken for another."
    case .wrongRecipient: "A public key that `age` could not encrypt to."
    case .wrongType: "A text where a list or a mapping belongs, or the other way round."
    case .wrongValue: "A value that is not of the kind that belongs here, such as a time without its unit."
    }
  }
}
