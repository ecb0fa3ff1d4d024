// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled the same way: the strictest language mode, and a warning is an error.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

/// A room of the house: what it may import is what stands here (docs/architecture.md shows the arrows).
func room(_ name: String, in folder: String = "", _ mayImport: Target.Dependency...) -> Target {
  .target(name: name, dependencies: mayImport, path: "Sources/\(folder)\(name)", swiftSettings: settings)
}

/// A provider knows the provider interface, recovery points and its own drivers; never another provider or the engine.
func provider(_ name: String, drivers: Target.Dependency...) -> Target {
  .target(
    name: "\(name)Provider",
    dependencies: [
      "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "ObjectStore", "RecoveryPoints",
    ] + drivers,
    path: "Sources/Providers/\(name)", swiftSettings: settings)
}

func tests(_ name: String, resources: [Resource] = [], exclude: [String] = [], _ mayImport: Target.Dependency...) -> Target {
  .testTarget(
    name: name, dependencies: mayImport + ["TestSupport"], path: "Tests/\(name)", exclude: exclude, resources: resources,
    swiftSettings: settings)
}

func systemLibrary(_ name: String, apt: String) -> Target {
  .systemLibrary(name: name, path: "Sources/SystemLibraries/\(name)", providers: [.apt([apt])])
}

let package = Package(
  name: "sie-dr",
  products: [.executable(name: "sie-dr", targets: ["sie-dr"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
  ],
  targets: [
    // What stands on nothing of ours.
    room("Units"),
    room("CanonicalJSON", "Units"),
    room("Diagnostics"),
    room("Calendar", "Units"),
    room("Scheduling", "Units"),
    room("YAMLReading", "Diagnostics", "CLibYAML"),

    // The language.
    room("PlanModel", "Calendar", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON"),
    room("ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "ObjectStore"),

    // What decides: pure.
    room("Objectives", "ProviderInterface", "PlanModel", "Calendar", "Scheduling", "Diagnostics", "Units", "CanonicalJSON"),
    room("PlanLinting", "Objectives", "ProviderInterface", "PlanModel", "Calendar", "Scheduling", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "Hashing"),
    room("PlanTesting", "PlanLinting", "Objectives", "ProviderInterface", "PlanModel", "Scheduling", "YAMLReading", "Diagnostics", "Units"),
    room("ChangePlanning", "Objectives", "ProviderInterface", "PlanModel", "Scheduling", "Diagnostics", "Units", "CanonicalJSON", "Hashing"),
    room("Journaling", "ChangePlanning", "ProviderInterface", "PlanModel", "Units", "CanonicalJSON", "Hashing"),
    room("ExecutionCore", "Journaling", "ChangePlanning", "ProviderInterface", "PlanModel", "Scheduling", "Units", "CanonicalJSON"),
    room("Correspondence", "Journaling", "ChangePlanning", "ProviderInterface", "PlanModel", "Units"),
    room("Watching", "ProviderInterface", "PlanModel", "Calendar", "Diagnostics", "Units", "CanonicalJSON"),
    room("Reporting", "ExecutionCore", "Journaling", "ChangePlanning", "PlanTesting", "PlanLinting", "Objectives", "ProviderInterface", "PlanModel", "Calendar", "Scheduling", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "RecoveryPoints"),

    // Recovery points, over the door of a store.
    room("ObjectStore", "Units"),
    room("RecoveryPoints", "ObjectStore", "PlanModel", "Units", "CanonicalJSON", "Hashing", "Concurrency"),

    // What touches the world.
    room("ExecutionShell", "ExecutionCore", "Journaling", "ChangePlanning", "ProviderInterface", "PlanModel", "Scheduling", "Units", "CanonicalJSON", "Concurrency"),
    room("Concurrency", in: "Drivers/"),
    room("Hashing", in: "Drivers/", "COpenSSL"),
    room("Compression", in: "Drivers/", "CLibZstd"),
    room("DirectoryStore", in: "Drivers/", "ObjectStore", "Units", "Concurrency", "CLinuxFiles"),
    room("PostgreSQLClient", in: "Drivers/", "CLibPQ", "Concurrency", "Units"),
    room("RedisClient", in: "Drivers/", "Concurrency"),
    room("HTTPClient", in: "Drivers/", "CLibCurl", "Concurrency", "Units"),
    room("HTTPListener", in: "Drivers/", "Concurrency", "Units"),
    room("DNSClient", in: "Drivers/", "Hashing", "Concurrency", "Units"),
    room("AWSClient", in: "Drivers/", "HTTPClient", "Hashing", "CanonicalJSON", "Concurrency", "Units"),
    room("S3Store", in: "Drivers/", "AWSClient", "ObjectStore", "HTTPClient", "Hashing", "CanonicalJSON", "Concurrency", "Units"),
    room("ChildProcess", in: "Drivers/", "CLinuxProcess", "Concurrency", "Units", subprocess),
    room("SSHSignatures", in: "Drivers/", "ChildProcess", "Units"),
    room("Encryption", in: "Drivers/", "RecoveryPoints", "ChildProcess", "Units"),

    // What all providers of recovery points do alike.
    room("PointSteps", "ProviderInterface", "PlanModel", "Calendar", "Units", "CanonicalJSON", "ObjectStore", "RecoveryPoints", "Encryption", "ChildProcess", "Compression", "Concurrency", "PostgreSQLClient"),
    provider("PostgreSQL", drivers: "Calendar", "PointSteps", "PostgreSQLClient", "ChildProcess", "Compression", "Encryption", "Hashing", "Concurrency"),
    provider("Redis", drivers: "Calendar", "PointSteps", "RedisClient", "PostgreSQLClient", "ChildProcess", "Compression", "Encryption", "Concurrency"),
    provider("Meilisearch", drivers: "Calendar", "PointSteps", "HTTPClient", "PostgreSQLClient", "ChildProcess", "Encryption", "Hashing", "Concurrency"),
    provider("Git", drivers: "PointSteps", "ChildProcess", "Hashing", "Concurrency"),
    provider("Terraform", drivers: "PointSteps", "ChildProcess"),
    provider("HTTP", drivers: "HTTPClient"),
    provider("RDS", drivers: "AWSClient", "HTTPClient", "PointSteps"),
    provider("Kubernetes", drivers: "ChildProcess", "Hashing"),
    provider("Command", drivers: "ChildProcess"),
    provider("DNS", drivers: "DNSClient", "AWSClient", "HTTPClient"),
    provider("Notification", drivers: "HTTPClient", "Hashing"),
    provider("Operator"),
    provider("RecoveryPoint", drivers: "HTTPClient", "Concurrency"),

    // The composition root and the two programs.
    room("Commands", "Correspondence", "Watching", "HTTPListener", "PlanTesting", "PlanLinting", "ExecutionShell", "ExecutionCore", "Journaling", "ChangePlanning", "Reporting", "Objectives", "Scheduling", "ProviderInterface", "PlanModel", "Calendar", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "ObjectStore", "RecoveryPoints", "Hashing", "DirectoryStore", "AWSClient", "S3Store", "PostgreSQLClient", "HTTPClient", "ChildProcess", "SSHSignatures", "Concurrency", "CLinuxProcess", "PostgreSQLProvider", "PointSteps", "RedisProvider", "MeilisearchProvider", "GitProvider", "HTTPProvider", "CommandProvider", "OperatorProvider", "RecoveryPointProvider", "KubernetesProvider", "TerraformProvider", "RDSProvider", "DNSProvider", "DNSClient", "NotificationProvider", argumentParser),
    .executableTarget(name: "sie-dr", dependencies: ["Commands", "ChildProcess"], swiftSettings: settings),
    .executableTarget(name: "generate", dependencies: ["Commands"], swiftSettings: settings),

    systemLibrary("CLibYAML", apt: "libyaml-dev"),
    systemLibrary("CLibPQ", apt: "libpq-dev"),
    systemLibrary("CLibCurl", apt: "libcurl4-openssl-dev"),
    systemLibrary("COpenSSL", apt: "libssl-dev"),
    systemLibrary("CLinuxProcess", apt: "libc6-dev"),
    systemLibrary("CLinuxFiles", apt: "libc6-dev"),
    // libzstd is loaded on first use; its few declarations are our own, so no package beyond the three is needed to build.
    systemLibrary("CLibZstd", apt: "libzstd1"),

    // Tests.
    .target(
      name: "TestSupport",
      dependencies: ["ObjectStore", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "Journaling", "ExecutionCore", "ChangePlanning", "Scheduling", "Concurrency", "HTTPClient", "AWSClient", "S3Store"],
      path: "Tests/TestSupport", exclude: ["kubernetes-api.py", "meilisearch.py", "mail-server.py", "rds.py", "route53.py"], swiftSettings: settings),
    tests("CalendarTests", "Calendar", "Units"),
    tests("UnitsTests", "Units", "CanonicalJSON"),
    tests("SchemaTests", "Commands", "PlanTesting", "PlanLinting", "ChangePlanning", "Journaling", "RecoveryPoints", "PostgreSQLProvider", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Hashing", "Units", "CanonicalJSON"),
    tests("YAMLReadingTests", exclude: ["Fixtures"], "YAMLReading", "Diagnostics", "CanonicalJSON"),
    tests("PlanModelTests", "PlanModel", "ProviderInterface", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "Commands"),
    tests("SchedulingTests", "Scheduling", "Units"),
    tests("ObjectivesTests", "Objectives", "ProviderInterface", "PlanModel", "Calendar", "Scheduling", "Diagnostics", "Units", "Commands"),
    tests("PlanLintingTests", exclude: ["Fixtures", "Snapshots", "Standards"], "PlanLinting", "CanonicalJSON", "Scheduling", "Objectives", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "Commands", "Reporting"),
    tests("ChangePlanningTests", exclude: ["Snapshots"], "ChangePlanning", "Reporting", "ProviderInterface", "PlanModel", "Scheduling", "Diagnostics", "Units", "CanonicalJSON", "Commands"),
    tests("JournalingTests", "Journaling", "ChangePlanning", "ProviderInterface", "PlanModel", "Units", "CanonicalJSON", "Hashing"),
    tests("ReportingTests", exclude: ["Snapshots"], "Reporting", "Commands", "ExecutionShell", "Journaling", "ChangePlanning", "Objectives", "ProviderInterface", "PlanModel", "PlanLinting", "YAMLReading", "Diagnostics", "RecoveryPoints", "ObjectStore", "Hashing", "Units", "CanonicalJSON"),
    tests("CorrespondenceTests", "Correspondence", "Journaling", "ChangePlanning", "ProviderInterface", "PlanModel", "Units"),
    tests("ExecutionTests", "ExecutionCore", "ExecutionShell", "Journaling", "ChangePlanning", "ProviderInterface", "PlanModel", "Scheduling", "Units", "CanonicalJSON", "Concurrency"),
    tests("ObjectStoreTests", "ObjectStore", "DirectoryStore", "AWSClient", "S3Store", "HTTPClient", "Concurrency", "Units"),
    tests("RecoveryPointsTests", "RecoveryPoints", "ObjectStore", "DirectoryStore", "S3Store", "PlanModel", "Units", "CanonicalJSON", "Hashing"),
    tests("DriverTests", "Hashing", "Compression", "ChildProcess", "SSHSignatures", "Encryption", "RecoveryPoints", "HTTPClient", "HTTPListener", "AWSClient", "S3Store", "PostgreSQLClient", "Concurrency", "Units"),
    tests("PostgreSQLTests", "PostgreSQLProvider", "PointSteps", "Calendar", "PostgreSQLClient", "RecoveryPoints", "ObjectStore", "DirectoryStore", "S3Store", "Scheduling", "ProviderInterface", "PlanModel", "ChildProcess", "Hashing", "Compression", "Units", "CanonicalJSON", "Concurrency"),
    tests("RedisTests", "Calendar", "RedisProvider", "RedisClient", "PostgreSQLClient", "Commands", "PointSteps", "RecoveryPoints", "ObjectStore", "PlanModel", "ProviderInterface", "ChildProcess", "Concurrency", "Diagnostics", "YAMLReading", "Units", "CanonicalJSON"),
    tests("MeilisearchTests", "Calendar", "MeilisearchProvider", "HTTPClient", "Commands", "PointSteps", "RecoveryPoints", "ObjectStore", "PlanModel", "ProviderInterface", "ChildProcess", "Concurrency", "Diagnostics", "YAMLReading", "Units", "CanonicalJSON"),
    tests("GitTests", "GitProvider", "Commands", "RecoveryPoints", "ObjectStore", "PlanModel", "ProviderInterface", "ChildProcess", "Concurrency", "Diagnostics", "YAMLReading", "Units", "CanonicalJSON"),
    tests("TerraformTests", "TerraformProvider", "ObjectStore", "ProviderInterface", "PlanModel", "ChildProcess", "Concurrency", "Units", "CanonicalJSON"),
    tests("KubernetesTests", "KubernetesProvider", "ObjectStore", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "ChildProcess", "Units", "CanonicalJSON", "Concurrency"),
    tests("CommandLineTests", exclude: ["Snapshots"], "Commands", "Reporting", "RecoveryPoints", "ObjectStore", "S3Store", "Concurrency", "Scheduling", "ProviderInterface", "PlanModel", "Journaling", "ChangePlanning", "Units", "CanonicalJSON", "Diagnostics"),
    tests("DNSTests", "DNSProvider", "DNSClient", "AWSClient", "HTTPClient", "ObjectStore", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "Concurrency"),
    tests("RDSTests", "RDSProvider", "AWSClient", "HTTPClient", "Commands", "ObjectStore", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "Concurrency"),
    tests("WatchingTests", "Watching", "Calendar", "Objectives", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "Concurrency"),
    tests("NotificationTests", "NotificationProvider", "HTTPClient", "ObjectStore", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON", "Hashing", "Concurrency"),
    tests("ProviderTests", "CommandProvider", "HTTPProvider", "OperatorProvider", "RecoveryPointProvider", "ChildProcess", "HTTPClient", "RecoveryPoints", "ObjectStore", "DirectoryStore", "ProviderInterface", "PlanModel", "YAMLReading", "Diagnostics", "Units", "CanonicalJSON"),
  ]
)
