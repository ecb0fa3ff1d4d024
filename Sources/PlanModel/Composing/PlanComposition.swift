public import Diagnostics
public import YAMLReading

/// What a plan is made of beside its file.
public struct PlanComposition: Sendable {
  /// One of the plan's `overlays`; nil: the plan as it stands.
  public var environment: String?
  /// Files of the kind `PlanOverlay`, laid over the plan in this order, after the environment.
  public var overlays: [SourceFile]
  /// Values of variables, by their names as addresses: they count before any other.
  public var variables: [YAMLOverride]

  public init(environment: String? = nil, overlays: [SourceFile] = [], variables: [YAMLOverride] = []) {
    self.environment = environment; self.overlays = overlays; self.variables = variables
  }
  public var isEmpty: Bool { environment == nil && overlays.isEmpty && variables.isEmpty }
}

/// A plan as one tree: overlays are laid over it, variables have their values, and neither is any longer in it.
public struct ComposedPlan: Sendable {
  /// Without a root where something is wrong: half a plan would only make for findings that are not true.
  public var document: YAMLDocument
  public var diagnostics: [Diagnostic] = []
  public var environment: String?
  /// Those that the plan has.
  public var environments: [String] = []
  /// Variables that have a value in environments only: the plan alone is none.
  public var needsEnvironment = false
  /// Whether anything in the tree comes from elsewhere than from its place in the file.
  public var isComposed = false
  /// Texts that named variables, by their place.
  public var uses: [SourceSpan: Substitution.Use] = [:]
  /// Where the value of each variable was written.
  public var values: [String: SourceSpan] = [:]
}

extension ComposedPlan {
  /// A finding at a text that named variables says where their values stand; never what they are. A secret is where it was written.
  public func explained(_ finding: Diagnostic) -> Diagnostic {
    guard let span = finding.span, let use = uses[span] else { return finding }
    var explained = finding
    if finding.concealsText, use.isWhole, let place = use.names.first.flatMap({ values[$0] }) {
      explained.span = place
      return explained
    }
    for name in use.names where values[name] != nil {
      let note = "the value of `${var.\(name)}` stands at \(values[name]?.place ?? "")"
      if !explained.notes.contains(note) { explained.notes.append(note) }
    }
    return explained
  }
}

/// Makes one tree of a plan, its environment and its variables. A plan that has neither is given back as it is.
public func compose(_ document: YAMLDocument, _ composition: PlanComposition = PlanComposition()) -> ComposedPlan {
  guard let root = document.root, root.members != nil,
    !composition.isEmpty || root.member("variables") != nil || root.member("overlays") != nil || document.mentionsVariables
  else { return ComposedPlan(document: document) }
  return Composing(document, root, composition).composed()
}
