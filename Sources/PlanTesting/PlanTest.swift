public import Diagnostics
public import PlanModel
public import Units
public import YAMLReading

/// What must stay true of a plan, in a file of its own: cases, each with what it gives and what it expects.
public struct PlanTest: Sendable {
  public var file: SourceFile
  /// The plan's file; a relative path counts from the folder of the test's.
  public var plan: Located<String>
  public var cases: [PlanTestCase]
}

public struct PlanTestCase: Sendable {
  public var name: Located<String>
  public var description: String?
  /// Nil: only findings are expected.
  public var scenario: Located<ScenarioName>?
  /// What day it is; nil: nobody says so.
  public var now: Timestamp?
  /// The environment, and values of variables.
  public var composition: PlanComposition
  /// Values that take the place of the plan's.
  public var overrides: [YAMLOverride]
  public var width: Int
  public var expectations: [Expectation]
}

/// One thing that is expected, each told of on its own.
public enum Expectation: Sendable {
  /// The time until the service is back.
  case recovery(FigureLimits)
  /// However long each step takes.
  case guaranteed(FigureLimits)
  case loss(Located<DataClassName>, FigureLimits)
  case recoveryOf(Located<DataClassName>, FigureLimits)
  /// Exactly these, in the plan's order.
  case steps([StepName], SourceSpan)
  /// Each ends before the next begins, however long any of them takes.
  case order([Located<StepName>])
  case criticalPath([StepName], SourceSpan)
  case finding(Located<String>, isPresent: Bool)
}

/// What a figure may be.
public struct FigureLimits: Sendable {
  public var exactly, atMost, atLeast: Located<TimeSpan>?
  /// Whether nothing must limit it, or something must.
  public var unbounded: Located<Bool>?
}
