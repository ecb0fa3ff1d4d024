internal import Diagnostics
internal import PlanModel
internal import YAMLReading

extension LintContext {
  /// The scripts that make backups, with the data class that they back up.
  var protectionScripts: [(DataClass, ShellScript)] {
    guard !shellScripts.isEmpty else { return [] }
    return plan.dataClasses.flatMap { dataClass -> [(DataClass, ShellScript)] in
      guard let place = document.root?["data"]?[dataClass.name.value.rawValue]?["protect"]?.span else { return [] }
      return shellScripts.filter { script in
        let span = script.node.span
        return span.path == place.path && place.start <= span.start && span.start < place.end
      }.map { (dataClass, $0) }
    }
  }
}
