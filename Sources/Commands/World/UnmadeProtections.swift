internal import Diagnostics
internal import PlanModel
internal import ProviderInterface
internal import Reporting

/// What a plan states as protection and nothing here makes or observes yet. It counts in the figures, and whoever runs the plan is told.
extension LoadedPlan {
  private var unmade: [Diagnostic] {
    func missing(_ name: Located<ProtectionName>, _ method: String, of dataClass: DataClass) -> Diagnostic {
      Diagnostic(
        "provider-missing", .warning, "this version neither makes nor observes `\(name.value)` of `\(dataClass.name.value)`, a protection by `\(method)`", at: name.span,
        label: "counted as the plan states it", helps: ["see to it by other means that it is as the plan says"])
    }
    return plan.dataClasses.flatMap { dataClass in
      let periodic = typed.protection.filter { $0.dataClass.name.value == dataClass.name.value && $0.steps.isEmpty }.map(\.protection)
      return periodic.map { missing($0.name, $0.method.name, of: dataClass) } + dataClass.continuous.filter { protection in
        !typed.checks.contains { $0.dataClass.name.value == dataClass.name.value && $0.protection.name.value == protection.name.value }
      }.map { missing($0.name, $0.method.name, of: dataClass) }
    }
  }

  /// Says it before a run of protection.
  func tellOfUnmadeProtections(_ console: Console) {
    guard !unmade.isEmpty else { return }
    console.writeError(DiagnosticRenderer(sources: [file], options: .init(color: console.style.color, width: console.style.width)).render(unmade) + "\n")
  }
}
