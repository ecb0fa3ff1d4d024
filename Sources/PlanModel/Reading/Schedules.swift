internal import Calendar
internal import Diagnostics
internal import Units
internal import YAMLReading

/// `every: 30m`, or `cron: "0 2 * * *"` with its `zone`.
extension PlanReader {
  func schedule(_ reader: inout MappingReader) -> Located<Schedule>? {
    guard let (key, node) = oneOf(["every", "cron"], &reader, example: "every: 30m") else {
      for key in ["zone", "clockChange"] { _ = reader.node(key) }
      return nil
    }
    if key == "every" {
      for key in ["zone", "clockChange"] where reader.node(key) != nil {
        collector.add(
          Diagnostic(
            "wrong-value", "`\(key)` of \(reader.what) says nothing: `every` counts the time that passes", at: reader.span(of: key), label: "belongs to `cron`",
            helps: ["remove it, or write `cron` instead of `every`"]))
      }
      return reader.positiveTimeSpan("every").map { $0.map(Schedule.every) }
    }
    let cron = cron(node, reader.what)
    let zone = zone(&reader)
    let (gap, again) = clockChange(&reader)
    guard let cron, let zone else { return nil }
    return Located(.calendar(CalendarSchedule(cron, in: zone, gap: gap, repeat: again)), at: node.span)
  }

  private func cron(_ node: YAMLNode, _ what: String) -> Cron? {
    guard let text = node.scalar?.text else {
      collector.add(Diagnostic("wrong-type", "`cron` of \(what) is \(node.kindName), not text", at: node.span, label: "expected five fields, such as `0 2 * * *`"))
      return nil
    }
    do throws(CronProblem) { return try Cron(text) } catch {
      collector.add(
        Diagnostic(
          error.hasWrongFieldCount ? "cron-field-count" : "wrong-value", "`cron` of \(what): \(error.summary)", at: node.span, helps: error.help.map { [$0] } ?? []))
      return nil
    }
  }

  private func zone(_ reader: inout MappingReader) -> Zone? {
    guard reader.node("zone") != nil else {
      collector.add(
        Diagnostic(
          "missing-key", "\(reader.what) has a `cron` and no `zone`: nobody knows when its clock shows that", at: reader.span(of: "cron"),
          helps: ["add `zone: Europe/Berlin`, or `zone: UTC` if that is meant"]))
      return nil
    }
    guard let name = reader.text("zone") else { return nil }
    do throws(Zone.Finding) { return try Zone(named: name.value) } catch {
      let near = nearestNames(to: name.value, in: Zone.names)
      let help = near.isEmpty ? "names are those of tzdata, such as `Europe/Berlin`" : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"
      switch error {
      case .unknown:
        collector.add(
          Diagnostic("unknown-reference", "there is no time zone `\(name.value)`", at: name.span, label: "not in tzdata \(TimeZoneRule.edition)", helps: [help]))
      case .hasNoRule:
        collector.add(
          Diagnostic(
            "wrong-value", "the clock of `\(name.value)` is changed by decree", at: name.span, label: "no rule says when, so no figure could be exact",
            helps: ["write `zone: UTC`, or `every`"]))
      }
      return nil
    }
  }

  private func clockChange(_ reader: inout MappingReader) -> (CalendarSchedule.Gap?, CalendarSchedule.Repeat?) {
    guard let node = reader.node("clockChange"), var fields = MappingReader(node, "`clockChange` of \(reader.what)", collector) else { return (nil, nil) }
    let gap = fields.choice("gap", of: CalendarSchedule.Gap.self)?.value
    let again = fields.choice("repeat", of: CalendarSchedule.Repeat.self)?.value
    fields.finish()
    return (gap, again)
  }

  /// Only a foreign command can overlap: what sie-dr makes is made in runs, one at a time.
  func overlap(_ reader: inout MappingReader, _ method: Protection.Method?) -> Overlap {
    guard let overlap = reader.choice("overlap", of: Overlap.self) else { return .queue }
    if case .command = method { return overlap.value }
    if method != nil, overlap.value != .queue {
      collector.add(
        Diagnostic(
          "wrong-value", "\(reader.what) cannot \(overlap.value == .skip ? "skip" : "overlap"): what is due waits until the run at work has ended", at: overlap.span,
          label: "only a `command` that others start can", helps: ["remove `overlap`"]))
    }
    return .queue
  }
}
