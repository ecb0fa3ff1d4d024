public import Diagnostics
public import Units
internal import YAMLReading

/// What somebody measured, once: a drill, an incident, a benchmark.
public struct EvidenceRun: Sendable {
  public enum Outcome: String, Sendable, CaseIterable { case passed, failed }
  public enum Origin: Hashable, Sendable {
    case drill(DrillName)
    case incident(String)
    case benchmark(String)
  }
  /// What a run of a protection, or a restore of the whole class, is made of.
  public enum Phase: String, Hashable, Sendable, CaseIterable { case dump, upload, copy, restore }

  public var date: Located<Timestamp>
  public var origin: Origin
  public var outcome: Outcome
  public var scenario: ScenarioName?
  /// From the beginning of the run until the service was verified.
  public var recovery: TimeSpan?
  /// Of the scenario's steps.
  public var steps: [StepName: Located<TimeSpan>]
  public var data: [DataClassName: [Phase: Located<TimeSpan>]]
}

/// A duration that takes the place of an estimate: the slowest of the runs that measured it, since so few carry no percentile.
public struct Measurement: Hashable, Sendable {
  public var amount: TimeSpan
  public var span: SourceSpan
  public var date: Timestamp
  public var origin: EvidenceRun.Origin
  /// How many runs measured it.
  public var runs: Int
}

extension Measurement: CustomStringConvertible {
  /// `measured 2026-10-02 in the drill backup-restore, slowest of 3 runs`.
  public var description: String {
    let place =
      switch origin {
      case .drill(let name): "in the drill \(name)"
      case .incident(let text): "in the incident \(text)"
      case .benchmark(let text): "by \(text)"
      }
    return "measured \(date.day) \(place), \(runs == 1 ? "the only run" : "slowest of \(runs) runs"), bounds p\(SupportedPercentile.of(runs: runs)) at 95 %"
  }
}

/// Why a file of evidence cannot be read, and what to do.
public struct UnreadableEvidence: Error {
  public var reason: String
  public var help: String
  public init(reason: String, help: String) { self.reason = reason; self.help = help }
}

extension Plan {
  /// Reads what `evidence` names and lets measurements take the place of estimates. The files are handed in: `file` gives the one that the
  /// plan names. What a wrong file says counts for nothing.
  public mutating func takeEvidence(_ file: (String) throws(UnreadableEvidence) -> SourceFile) -> (files: [SourceFile], diagnostics: [Diagnostic]) {
    var files: [SourceFile] = []
    var diagnostics: [Diagnostic] = []
    for path in evidence {
      do throws(UnreadableEvidence) {
        let source = try file(path.value)
        files.append(source)
        let (document, yaml) = readYAML(source)
        let (found, reading) = readEvidence(document, of: self)
        if !(yaml + reading).contains(where: { $0.severity == .error }) { runs += found }
        diagnostics += yaml + reading
      } catch {
        diagnostics.append(Diagnostic(EvidenceCode.unreadable.code, "the evidence `\(path.value)` cannot be read: \(error.reason)", at: path.span, helps: [error.help]))
      }
    }
    takeMeasurements()
    return (files, diagnostics)
  }

  /// Of a drill that was passed, the newest first.
  public func passedRuns(of drill: DrillName) -> [EvidenceRun] {
    runs.filter { $0.origin == .drill(drill) && $0.outcome == .passed }.sorted { $0.date.value > $1.date.value }
  }

  /// Whether somebody asks what if it were so: then what was measured does not matter.
  private func isReplaced(_ estimate: SourceSpan?) -> Bool { estimate.map { $0.path != file.path } ?? false }

  private mutating func takeMeasurements() {
    let passed = runs.filter { $0.outcome == .passed }
    guard !passed.isEmpty else { return }
    func slowest(_ took: (EvidenceRun) -> Located<TimeSpan>?) -> Measurement? {
      let all = passed.compactMap { run in took(run).map { (run: run, took: $0) } }
      return all.max { $0.took.value < $1.took.value }.map {
        Measurement(amount: $0.took.value, span: $0.took.span, date: $0.run.date.value, origin: $0.run.origin, runs: all.count)
      }
    }
    for index in dataClasses.indices {
      let name = dataClasses[index].name.value
      for phase in EvidenceRun.Phase.allCases {
        guard !isReplaced(dataClasses[index].estimate[phase]?.span), let found = slowest({ $0.data[name]?[phase] }) else { continue }
        measurements[found.span] = found
        dataClasses[index].estimate[phase] = Located(.takes(found.amount), at: found.span)
      }
    }
    for index in scenarios.indices {
      let scenario = scenarios[index].name.value
      for step in scenarios[index].steps.indices {
        let name = scenarios[index].steps[step].name.value
        guard !isReplaced(scenarios[index].steps[step].estimate?.span), let found = slowest({ $0.scenario == scenario ? $0.steps[name] : nil }) else { continue }
        measurements[found.span] = found
        scenarios[index].steps[step].estimate = Located(found.amount, at: found.span)
      }
    }
  }
}

extension Estimate {
  subscript(phase: EvidenceRun.Phase) -> Located<Pace>? {
    get {
      switch phase {
      case .dump: dump
      case .upload: upload
      case .copy: copy
      case .restore: restore
      }
    }
    set {
      switch phase {
      case .dump: dump = newValue
      case .upload: upload = newValue
      case .copy: copy = newValue
      case .restore: restore = newValue
      }
    }
  }
}

/// What can be wrong with evidence beside what the reader of plans says.
public enum EvidenceCode: String, CaseIterable, Sendable {
  case unmatched = "evidence-unmatched"
  case unreadable = "evidence-unreadable"

  public var code: DiagnosticCode { DiagnosticCode(rawValue: rawValue) }
  public var severity: Severity { self == .unmatched ? .warning : .error }

  /// One line for the reference: when it is reported.
  public var meaning: String {
    switch self {
    case .unmatched: "A measurement of something that the plan does not have, or has no longer: it counts for nothing."
    case .unreadable: "A file of evidence that is not there, or cannot be read."
    }
  }
}
