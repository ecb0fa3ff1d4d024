internal import PlanModel

/// What makes one plan of several: variables and overlays.
extension PlanKeys {
  static let variables = PlanKey(
    "variables",
    .map(
      .object([
        PlanKey("type", .choice(variableTypes), required: true, "What it may hold."), PlanKey("default", .text, "Its value where nothing else is said."),
        PlanKey("oneOf", .list(.text), "The only values that it may have."), description,
      ])), "Values with a name, for `${var.NAME}` in values of the plan.")

  static let overlays = PlanKey("overlays", .map(.object(overlay)), "Environments: what is another in each of them.")

  static let overlay = [
    description, PlanKey("variables", .map(.text), "Values of variables."),
    PlanKey("merge", .anything, "A part of a plan that is laid over it: mappings are merged, lists and values replaced, `null` removes."),
  ]

  /// A file of the kind `PlanOverlay`.
  static let overlayFile = [
    PlanKey("apiVersion", .constant("sie-dr/v1"), required: true, "The version of the language."),
    PlanKey("kind", .constant("PlanOverlay"), required: true, "What the file is."),
  ] + overlay
}
