import Objectives
import PlanModel
import Testing
import Units

@Suite("Data that comes back in another way") struct OriginTests {
  private func assess(_ more: String, _ loses: String = "loses: { sites: [east] }") throws -> ScenarioAssessment {
    var shape = PlanShape()
    (shape.more, shape.loses) = (more, loses)
    return try shape.assess()
  }

  private func only(_ name: String, _ scenario: ScenarioAssessment) throws -> ClassAssessment {
    try #require(scenario.classes.first { $0.dataClass.name.value.rawValue == name })
  }

  private let index = "  search: { on: [pg-east], derivedFrom: orders, rebuild: { estimate: 3h } }"

  @Test("if derived, loses what its source loses and is rebuilt after it") func derived() throws {
    let scenario = try assess(index)
    let (orders, search) = (try only("orders", scenario), try only("search", scenario))
    #expect(search.loss == orders.loss && search.best?.title == "`regular` from far")
    #expect(search.recoveryTime?.sum == "10m until somebody notices + 1h steps up to `restore` + 3h rebuild of `search`")
    #expect(scenario.counterexample(of: search, target: .hours(4))?.lines == [
      "   0s  the disaster", "  10m  somebody notices", "1h10m  `restore` ends after 1h", "   4h  the target has passed",
      "4h10m  the rebuild of `search` ends after 3h", "4h10m  `search` is back, 10m too late",
    ])
  }

  @Test("if derived of derived, is rebuilt one after the other") func chain() throws {
    let scenario = try assess(index + "\n  facets: { on: [pg-east], derivedFrom: search, rebuild: { estimate: 1h } }")
    let facets = try only("facets", scenario)
    #expect(facets.loss == (try only("orders", scenario)).loss)
    #expect(facets.recoveryTime?.total == .minutes(10 + 60 + 180 + 60))
    #expect(facets.rebuild?.source.name.value.rawValue == "orders")
  }

  @Test("if derived, loses nothing where its source is still there") func sourceSurvives() throws {
    let scenario = try assess("  search: { on: [pg-west], derivedFrom: orders, rebuild: { estimate: 3h } }", "loses: { sites: [west] }")
    let search = try only("search", scenario)
    #expect(scenario.classes.count == 1)
    #expect(search.loss.total == .zero && search.recoveryTime?.sum == "10m until somebody notices + 3h rebuild of `search`")
  }

  @Test("if derived, is touched by a corruption of its source") func corrupted() throws {
    let scenario = try assess("  search: { on: [pg-west], derivedFrom: orders, rebuild: { estimate: 3h } }", "corrupts: { data: [orders], noticedWithin: 6h }")
    #expect(try only("search", scenario).loss == only("orders", scenario).loss)
  }

  @Test("if derived without a rebuild, is data like any other") func noRebuild() throws {
    let search = try only("search", assess("  search: { on: [pg-east], derivedFrom: orders }"))
    #expect(search.loss == .unbounded(reason: "nothing protects `search`") && search.recoveryTime == nil)
  }

  @Test("if ephemeral, has no figure, and says what is said instead", arguments: [
    ("{ onLoss: { requeueFrom: orders } }", "what was under way is queued again from `orders`"), ("{ onLoss: { accepted: It warms up. } }", "accepted: It warms up."),
    ("{}", "the plan does not say what becomes of what was under way"),
  ]) func ephemeral(_ text: String, _ instead: String) throws {
    let queues = try only("queues", assess("  queues: { on: [pg-east], ephemeral: \(text) }"))
    #expect(queues.loss == .exempt(instead) && queues.loss.figure == nil && queues.lossTarget == nil)
  }

  static let git = """
      config:
        git: { remote: "git@git.example:a/b.git", site: east, mirrors: { far: { remote: "git@far.example:a/b.git", site: west, maxLag: 2h }, near: { remote: r, site: east, maxLag: 1m } } }
    """

  @Test("if in Git, loses what the best mirror that survives has not", arguments: [
    ("loses: { sites: [east] }", "2h lag of the mirror", "`git` from far"), ("corrupts: { data: [config], noticedWithin: 6h }", "6h until it is noticed", "`git` from its host"),
  ]) func git(_ loses: String, _ sum: String, _ title: String) throws {
    let config = try only("config", assess(Self.git, loses))
    #expect(config.loss.figure?.sum == sum && config.loss.figure?.isBound == false)
    #expect(config.best?.title == title)
    #expect(config.counterexample?.events.first?.at == .zero - (config.loss.total))
  }

  @Test("if in Git at a host that no scenario takes along, is not touched; without a surviving mirror nothing is left") func gitHost() throws {
    let outside = "  config: { git: { remote: r, mirrors: { far: { remote: r, site: east, maxLag: 2h } } } }"
    #expect(try assess(outside).classes.map { $0.dataClass.name.value.rawValue } == ["orders"])
    #expect(try only("config", assess("  config: { git: { remote: r, site: east } }")).loss == .unbounded(reason: "no copy of its history survives"))
  }

  @Test("if managed, rests on what its provider promises", arguments: [
    ("loses: { servers: [pg-east] }", "", "1d until the provider's next backup", "east"),
    ("loses: { servers: [pg-east] }", ", pitr: { granularity: 5m, window: 7d }", "5m until a moment can be restored", "east"),
    ("corrupts: { data: [orders], noticedWithin: 6h }", ", pitr: { granularity: 5m, window: 7d }", "6h until it is noticed", "east"),
    ("corrupts: { data: [orders], noticedWithin: 6h }", ", pitr: { granularity: 5m, window: 6h }", "1d until the provider's next backup + 6h until it is noticed", "east"),
    ("loses: { sites: [east] }", "", "1d until the provider's next backup", "west"),
  ]) func managed(_ loses: String, _ pitr: String, _ sum: String, _ place: String) throws {
    var shape = PlanShape()
    (shape.protect, shape.loses) = ("provider: { managed: { every: 1d, sites: [east, west]\(pitr) }, keep: { for: 35d } }", loses)
    let data = try #require(try shape.assess().classes.first)
    let figure = try #require(data.loss.figure)
    #expect(figure.sum == sum && figure.isBound && data.best?.place.description == place)
    #expect(figure.sources(in: "plan.yaml").hasPrefix("promise at line") || sum == "6h until it is noticed")
  }
}
