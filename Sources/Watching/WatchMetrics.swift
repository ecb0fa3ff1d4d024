public import Units

extension WatchMachine {
  /// The text format of Prometheus, for node_exporter's textfile collector.
  public func metrics(at now: Timestamp) -> String {
    var text = ""
    func family(_ name: String, _ help: String, _ samples: [(labels: String, value: String)]) {
      guard !samples.isEmpty else { return }
      text += "# HELP sie_dr_\(name) \(help)\n# TYPE sie_dr_\(name) gauge\n"
      for sample in samples { text += "sie_dr_\(name){plan=\"\(state.plan)\"\(sample.labels)} \(sample.value)\n" }
    }
    func seconds(_ time: Timestamp) -> String { "\(time.milliseconds / 1_000).\(String(1_000 + time.milliseconds % 1_000).dropFirst())" }
    func of(_ scenario: WatchedScenario) -> String { ",scenario=\"\(scenario.name)\"" }
    let remembered = scenarios.compactMap { scenario in memory(scenario.name).map { (scenario, $0) } }
    family("watch_timestamp_seconds", "When the watch last wrote this.", [("", seconds(now))])
    family(
      "probe_success", "1 if the last answer was as it should be, 0 if not; absent while it cannot be asked.",
      words.compactMap { word in
        if case .notAsked = word.outcome { return nil }
        return (",probe=\"\(word.probe)\",place=\"\(word.place)\"", word.outcome.works ? "1" : "0")
      })
    family(
      "trigger_armed", "1 if the scenario triggers when its rule holds, 0 from then on until all has been well.",
      remembered.map { (of($0.0), $0.1.isArmed ? "1" : "0") })
    family("trigger_places", "In how many places its rule holds.", scenarios.compactMap { scenario in
      if case .alert = scenario.trigger { return nil }
      return (of(scenario), String(places(scenario, at: now)))
    })
    family(
      "trigger_due_timestamp_seconds", "When it triggers if nothing changes.",
      scenarios.compactMap { scenario in triggersAt(scenario).map { (of(scenario), seconds($0)) } })
    family(
      "last_triggered_timestamp_seconds", "When it triggered last.",
      remembered.compactMap { scenario, memory in memory.lastTriggered.map { (of(scenario), seconds($0)) } })
    family(
      "incident_open", "1 while a triggered scenario waits for people, or its run is at work.",
      remembered.map { (of($0.0) + ",course=\"\($0.1.incident?.course.rawValue ?? "none")\"", $0.1.incident?.isOpen == true ? "1" : "0") })
    return text
  }
}
