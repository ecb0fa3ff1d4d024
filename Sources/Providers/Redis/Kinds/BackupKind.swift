public import PlanModel
public import PointSteps

/// A Redis server as something that points are made of.
public enum RedisSource: PointSource {
  public typealias Server = RedisReference
  public static let backup: StepKindName = "redis.backup"
  public static let summary = "Takes a snapshot of a Redis server as a replica gets it, reads it through, and streams it into a store as a recovery point."
  public static let protection = "snapshot"
}

/// `redis.backup`: a snapshot of a whole Redis server into one store, as a new recovery point.
public typealias RedisBackup = PointBackup<RedisSource>
