/// What is compared before a step of these acts.
enum RoleFact {
  /// Whether the server is known to take no connections any more.
  static let isFenced = "fenced"
  /// `primary` or `standby`.
  static let role = "role"
  static let systemIdentifier = "systemIdentifier"
  /// Whether the server is a replica that is being sent the log of the one that it shall follow.
  static let follows = "follows"
}

/// What is shown.
enum RoleShown {
  static let isReached = "reached"
  static let problem = "problem"
  static let role = "role"
  static let sessions = "sessions"
}
