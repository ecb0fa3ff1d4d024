/// What the status of an instance that is being made comes to (Amazon RDS User Guide, "Viewing Amazon RDS DB instance status").
enum InstanceState: Hashable, Sendable {
  case available
  case underWay
  case leaving
  /// It will not become available by itself: what to do.
  case failed(help: String)

  init(_ status: String) {
    switch status {
    case "available", "storage-optimization": self = .available
    case "deleting": self = .leaving
    case "failed": self = .failed(help: "RDS could not make it: look at its events, and restore another moment")
    case "incompatible-restore": self = .failed(help: "its parameters do not fit what is restored, often the memory of its class: write a larger `class`")
    case "incompatible-network": self = .failed(help: "its network does not fit: is an address left in the subnets of `subnetGroup`, and are those in the right VPC?")
    case "incompatible-parameters", "incompatible-option-group", "incompatible-create": self = .failed(help: "its parameter or option group does not fit: correct the group, and run the step again")
    case "restore-error": self = .failed(help: "the restore failed inside RDS: restore another moment")
    case "insufficient-capacity": self = .failed(help: "Amazon has no such machine left in the zone: write another `class`")
    case "storage-full": self = .failed(help: "its storage is full: the source's was too")
    case "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable":
      self = .failed(help: "the KMS key that its storage is encrypted with cannot be used: enable it, and allow its use")
    default: self = .underWay
    }
  }
}
