public import Units

/// Data classes that make sense only together: after a recovery all of them are as they were at one moment, or nearly so.
public struct ConsistencyGroup: Sendable {
  public var name: Located<Name<ConsistencyGroup>>
  public var dataClasses: [Located<DataClassName>]
  /// How far apart they may be.
  public var within: Located<TimeSpan>
}
