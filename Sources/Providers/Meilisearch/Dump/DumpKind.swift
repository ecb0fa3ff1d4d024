public import PlanModel
public import PointSteps

/// A Meilisearch server as something that points are made of.
public enum MeilisearchSource: PointSource {
  public typealias Server = MeilisearchReference
  public static let backup: StepKindName = "meilisearch.dump"
  public static let summary =
    "Has Meilisearch write a dump when what was handed in before is done, reads it through, and takes it from the dump folder into a store as a recovery point."
  public static let protection = "dump"
}

/// `meilisearch.dump`: a dump of a whole Meilisearch server into one store, as a new recovery point.
public typealias MeilisearchDump = PointBackup<MeilisearchSource>
