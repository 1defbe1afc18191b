// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

// Third-party products, by the short names used below.
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioLocks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioFoundation = Target.Dependency.product(
  name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(
  name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// The folders of Sources, Tests and Benchmarks. A target lies in its group's folder, under its own name.
enum Group: String {
  case program = "Program"
  case roles = "Roles"
  case stores = "Stores"
  case bus = "Bus"
  case net = "Net"
  case drivers = "Drivers"
  case ground = "Ground"
  case local = "Local"
  case system = "System"
  case support = "Support"
}

func target(
  _ group: Group, _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(group.rawValue)/\(name)",
    resources: resources, swiftSettings: strict)
}

func library(
  _ name: String, pkgConfig: String? = nil, debianPackage: String
) -> Target {
  .systemLibrary(
    name: name, path: "Sources/Drivers/\(name)", pkgConfig: pkgConfig,
    providers: [.apt([debianPackage])])
}

func tests(_ group: Group, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, path: "Tests/\(group.rawValue)/\(name)",
    swiftSettings: strict)
}

func testSupport(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Tests/Support/\(name)", swiftSettings: strict)
}

func benchmark(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Benchmarks/\(name)", exclude: exclude,
    swiftSettings: strict)
}

func example(
  _ name: String, folder: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Examples/\(folder)", exclude: exclude,
    swiftSettings: strict)
}

// The long run, `make fuzz`. Its `main` is libFuzzer's, so no other build can link it.
let fuzzProgram: [Target] =
  Context.environment["PROGRESSBUS_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "fuzz-progressbus", dependencies: ["FuzzTargets"], path: "Fuzz/LibFuzzer",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
  ]

let package = Package(
  name: "ProgressBus",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "progressbus", targets: ["progressbus"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    // Without the trait "ConfigurationSupport", which compiles swift-configuration for settings that
    // ProgressBus reads by itself.
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0",
      traits: ["FullFoundation"]),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // Program: the commands, and what puts the roles together.
    .executableTarget(
      name: "progressbus",
      dependencies: [
        "ProgressBusServer", "API", "LocalStack", "Demonstration", "DeadLetters", "Events",
        "SessionMigration", "Sessions", "Access",
        "PostgresDriver", "CurlTransport", "BigQueryMirror", "AuditStore", "LearnerRights",
        "LearningRecords", "Observability", argumentParser,
      ],
      path: "Sources/Program/progressbus",
      // The optimiser of Swift 6.3.1 crashes on the commands' coroutines. Nothing here is hot: what
      // a command runs is in the targets below.
      swiftSettings: strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]),
    target(
      .program, "ProgressBusServer",
      [
        "Access", "API", "Broadcaster", "Cryptography", "FirestoreSource", "Ingest",
        "LearnerRights", "LearningRecords",
        "Joining", "Pages", "SignIn", "TeacherMessages",
        "WorkerRuntime", "BigQueryMirror", "Influx",
        "Firestore", "AgentEngine", "GoogleCalls", "Sessions", "SessionRoutes",
        "PostgresSink", "AuditStore", "DeadLetters", "EventBus", "Events", "HTTPServer",
        "CurlTransport", "PostgresDriver", "RedisDriver", "TLS", "Observability", hummingbird,
        httpTypes, nioCore,
        nioPosix, yams, lifecycle, unixSignals, logging, coreMetrics,
      ]),

    // Roles: what a process does.
    target(
      .roles, "Ingest",
      [
        "EventBus", "Events", "Access", "HTTPServer", "JSONText", "Observability", "Zlib",
        "LearningRecords", httpTypes, nioCore, nioHTTP1, metrics, coreMetrics,
      ]),
    target(
      .roles, "LearningRecords",
      ["Events", "JSONText", "Cryptography", "PostgresDriver", logging]),
    target(
      .roles, "Broadcaster",
      [
        "EventBus", "Events", "Access", "HTTPServer", "JSONText", "Observability", "Concurrency",
        httpTypes, nioCore,
        nioLocks, nioHTTP1, nioWebSocket, logging, metrics, coreMetrics, lifecycle,
      ]),
    target(
      .roles, "FirestoreSource",
      [
        "Firestore", "GoogleCalls", "Sessions", "EventBus", "Events", "HTTPServer", "Cryptography",
        "JSONText", "PostgresDriver", "Observability", lifecycle, hummingbird, httpTypes, nioCore,
        nioPosix, logging, metrics, coreMetrics,
      ]),
    target(
      .roles, "WorkerRuntime",
      [
        "EventBus", "Events", "Observability", "Concurrency", nioCore, nioLocks, nioFoundation,
        logging, metrics, lifecycle,
      ]),
    target(
      .roles, "API",
      [
        "WorkerRuntime", "BigQueryMirror", "Influx", "DeadLetters", "EventBus", "Events",
        "Access", "HTTPServer", "PostgresDriver", "CurlTransport", "Observability", "JSONText",
        "Cryptography", "Concurrency", hummingbird, httpTypes, nioCore, nioFoundation, logging,
        coreMetrics, lifecycle,
      ],
      resources: [.copy("Resources")]),
    target(
      .roles, "Pages", ["HTTPServer", hummingbird], resources: [.copy("Resources")]),
    target(
      .roles, "SignIn",
      [
        "Access", "HTTPServer", "CurlTransport", "Cryptography", "JSONText", "Concurrency",
        hummingbird, httpTypes, nioCore, logging,
      ]),
    target(
      .roles, "LearnerRights",
      [
        "BigQueryMirror", "Influx", "EventBus", "Events", "PostgresDriver", "JSONText", lifecycle,
        nioCore, logging,
      ]),
    target(
      .roles, "TeacherMessages",
      [
        "EventBus", "Events", "Access", "HTTPServer", "PostgresDriver", "JSONText",
        "Cryptography", "Observability", hummingbird, httpTypes, nioCore, nioLocks, nioPosix,
        logging, lifecycle,
      ]),
    target(
      .roles, "Joining",
      [
        "Events", "Access", "HTTPServer", "PostgresDriver", "JSONText", "Observability",
        hummingbird, httpTypes, nioCore, logging, coreMetrics,
      ]),
    target(.roles, "SessionMigration", ["Sessions", "Events", "Cryptography"]),
    target(
      .roles, "SessionRoutes",
      [
        "Sessions", "Events", "HTTPServer", "Observability", hummingbird, httpTypes, nioCore,
        logging,
      ]),

    // Stores: where events and sessions go.
    target(
      .stores, "PostgresSink",
      ["WorkerRuntime", "EventBus", "Events", "PostgresDriver", nioCore, logging]),
    target(
      .stores, "Influx",
      [
        "WorkerRuntime", "EventBus", "Events", "CurlTransport", "Zlib", httpTypes, nioCore,
        nioLocks,
      ]),
    target(
      .stores, "BigQueryMirror",
      [
        "DeadLetters", "Events", "PostgresDriver", "CurlTransport", "Cryptography", "Concurrency",
        "JSONText", "Observability", httpTypes, logging, coreMetrics, lifecycle,
      ]),

    target(.stores, "AuditStore", ["Observability", "PostgresDriver"]),
    target(
      .stores, "GoogleCalls", ["Sessions", "CurlTransport", "Concurrency", httpTypes]),
    target(
      .stores, "Firestore",
      [
        "GoogleCalls", "Sessions", "Events", "CurlTransport", "Concurrency", "JSONText", httpTypes,
      ]),
    target(
      .stores, "AgentEngine",
      ["GoogleCalls", "Sessions", "Events", "CurlTransport", "Concurrency", httpTypes]),

    // Bus: what an event is, and how events move.
    target(.bus, "Events", ["JSONText"]),
    target(
      .bus, "EventBus",
      [
        "Events", "RedisDriver", "Concurrency", "Cryptography", "JSONText", "Observability",
        nioCore, nioLocks, logging, coreMetrics,
      ],
      resources: [.embedInCode("Scripts")]),
    target(.bus, "DeadLetters", ["EventBus", "Events", nioCore, nioPosix]),
    target(.bus, "Sessions", ["Events", "Cryptography", "JSONText"]),

    // Net: HTTP/1.1 and WebSockets.
    target(
      .net, "HTTPServer",
      [
        "JSONText", "TLS", nioCore, nioHTTP1, nioWebSocket, nioHTTPTypes, nioHTTPTypesHTTP1,
        hummingbirdCore, hummingbird, httpTypes, logging,
      ]),

    target(
      .net, "Access",
      [
        "HTTPServer", "Cryptography", "CurlTransport", "JSONText", "Concurrency", "Observability",
        nioCore, nioHTTP1, nioLocks, hummingbird, httpTypes, logging, coreMetrics,
      ]),

    // Drivers: the only targets that import C.
    target(.drivers, "RedisDriver", ["CHiredis", "TLS", nioCore, nioPosix]),
    target(.drivers, "PostgresDriver", ["CLibPQ", "BlockingExecutor", "Concurrency", logging]),
    target(.drivers, "CurlTransport", ["CLibCurl", "Concurrency", httpTypes, nioLocks]),
    target(.drivers, "Zlib", ["CZlib"]),
    target(.drivers, "Cryptography", ["CLibCrypto"]),
    target(.drivers, "TLS", ["CLibSSL", nioCore, nioLocks]),
    target(.drivers, "BlockingExecutor", []),
    library("CHiredis", debianPackage: "libhiredis-dev"),
    library("CLibPQ", pkgConfig: "libpq", debianPackage: "libpq-dev"),
    library("CLibCurl", pkgConfig: "libcurl", debianPackage: "libcurl4-openssl-dev"),
    library("CLibCrypto", pkgConfig: "libcrypto", debianPackage: "libssl-dev"),
    library("CLibSSL", pkgConfig: "libssl", debianPackage: "libssl-dev"),
    library("CZlib", debianPackage: "zlib1g-dev"),

    // Ground: what all of them stand on.
    target(.ground, "JSONText", []),
    target(.ground, "Observability", ["Concurrency", nioLocks, logging, coreMetrics]),
    target(.ground, "Concurrency", [nioLocks]),
    target(.ground, "SeededRandom", []),

    // Local: private servers and a simulated class.
    target(
      .local, "LocalStack",
      ["Concurrency", nioCore, nioPosix, nioLocks, subprocess, systemPackage]),
    target(
      .local, "Demonstration",
      ["Events", "CurlTransport", "Zlib", "Concurrency", "SeededRandom", httpTypes]),

    benchmark("DecoderBenchmark", ["Events"]),
    benchmark("InstructionBenchmark", ["Events", "Influx", nioCore]),
    benchmark(
      "StoreBenchmark",
      ["PostgresSink", "PostgresDriver", "WorkerRuntime", "Events", "EventBus", nioCore, logging]),
    benchmark(
      "ReadAPIBenchmark", ["API", "Access", "PostgresDriver", hummingbird, logging],
      exclude: ["load.sql", "live.sql"]),

    // What CONTRIBUTING's recipes begin with; only the tests depend on it.
    example(
      "EventKindExample", folder: "EventKind", ["Events"], exclude: ["0300_quiz_answers.sql"]),
    example(
      "SinkExample", folder: "Sink", ["BlockingExecutor", "EventBus", "WorkerRuntime", nioCore]),

    testSupport(
      "ProgressBusTesting",
      [
        "EventBus", "WorkerRuntime", "CurlTransport", "Cryptography", "RedisDriver", "LocalStack",
        "Concurrency", httpTypes, nioCore, nioPosix, nioLocks, nioHTTP1, subprocess, systemPackage,
      ]),
    testSupport(
      "HTTPServerTesting",
      [
        "HTTPServer", "TLS", hummingbird, hummingbirdCore, lifecycle, nioCore, nioPosix,
        nioWebSocket, logging,
      ]),

    testSupport("SessionsTesting", ["Sessions", "Events", "LocalStack", "ProgressBusTesting"]),

    tests(
      .program, "ProgressBusServerTests",
      [
        "ProgressBusServer", "Access", "BigQueryMirror", "EventBus", "Events", "HTTPServer",
        "Ingest", "Observability", "WorkerRuntime", "ProgressBusTesting", hummingbird, nioCore,
        nioPosix, logging,
      ]),
    tests(
      .roles, "IngestTests",
      [
        "Ingest", "Access", "Cryptography", "EventBus", "Events", "HTTPServer", "Observability",
        "Zlib", logging, "HTTPServerTesting", "ProgressBusTesting", httpTypes, nioCore, nioPosix,
        nioHTTP1,
        nioEmbedded, subprocess, systemPackage,
      ]),
    tests(.roles, "LearningRecordsTests", ["LearningRecords", "Events"]),
    tests(
      .roles, "FirestoreSourceTests",
      [
        "FirestoreSource", "Firestore", "GoogleCalls", "Sessions", "CurlTransport", "EventBus",
        "Events", "HTTPServer", "Observability", "PostgresDriver", "HTTPServerTesting",
        "ProgressBusTesting", hummingbird, httpTypes, nioCore, nioPosix, logging,
      ]),
    tests(
      .roles, "BroadcasterTests",
      [
        "Broadcaster", "EventBus", "HTTPServer", "JSONText", "Concurrency", "HTTPServerTesting",
        "ProgressBusTesting", nioCore, nioPosix, nioLocks, nioHTTP1, logging,
      ]),
    tests(
      .roles, "WorkerRuntimeTests",
      [
        "WorkerRuntime", "EventBus", "Concurrency", "Observability", "RedisDriver", "LocalStack",
        "SeededRandom", "ProgressBusTesting", nioCore, nioPosix, nioLocks, logging, lifecycle,
      ]),
    tests(
      .roles, "APITests",
      [
        "API", "Access", "CurlTransport", "EventBus", "Events", "HTTPServer", "Influx",
        "PostgresDriver", "LocalStack", "HTTPServerTesting", "ProgressBusTesting", "SeededRandom",
        hummingbird,
        httpTypes, subprocess, systemPackage, logging,
      ]),
    tests(
      .roles, "PagesTests",
      ["Pages", "HTTPServer", "HTTPServerTesting", "ProgressBusTesting", hummingbird]),
    tests(
      .roles, "SignInTests",
      [
        "SignIn", "Access", "Cryptography", "CurlTransport", "HTTPServer", "HTTPServerTesting",
        "ProgressBusTesting", hummingbird, httpTypes, nioLocks, logging,
      ]),
    tests(
      .roles, "SessionRoutesTests",
      [
        "SessionRoutes", "Sessions", "HTTPServer", "SessionsTesting", "HTTPServerTesting",
        hummingbird,
      ]),
    tests(
      .roles, "TeacherMessagesTests",
      [
        "TeacherMessages", "EventBus", "Events", "PostgresDriver",
        "ProgressBusTesting", nioCore, logging,
      ]),
    tests(
      .roles, "JoiningTests",
      [
        "Joining", "HTTPServer", "PostgresDriver", "ProgressBusTesting", httpTypes, nioCore,
        logging,
      ]),
    tests(
      .roles, "SessionMigrationTests",
      [
        "SessionMigration", "AgentEngine", "Firestore", "GoogleCalls", "Sessions", "Events",
        "Concurrency", "CurlTransport", "SessionsTesting", "ProgressBusTesting",
      ]),
    tests(
      .stores, "PostgresSinkTests",
      [
        "PostgresSink", "EventBus", "Events", "PostgresDriver", "WorkerRuntime", "LocalStack",
        "SeededRandom", "ProgressBusTesting", nioCore, logging,
      ]),
    tests(
      .stores, "InfluxTests",
      [
        "Influx", "CurlTransport", "EventBus", "Events", "WorkerRuntime", "LocalStack",
        "SeededRandom", "ProgressBusTesting", httpTypes, nioCore,
      ]),
    tests(
      .stores, "BigQueryMirrorTests",
      [
        "BigQueryMirror", "Cryptography", "CurlTransport", "Events", "PostgresDriver", "LocalStack",
        "Concurrency", "ProgressBusTesting", httpTypes, lifecycle, logging,
      ]),
    tests(
      .stores, "AuditStoreTests",
      ["AuditStore", "Observability", "PostgresDriver", "ProgressBusTesting", logging]),
    tests(
      .stores, "FirestoreTests",
      [
        "Firestore", "GoogleCalls", "Sessions", "Events", "Concurrency", "CurlTransport",
        "SessionsTesting", "ProgressBusTesting", httpTypes,
      ]),
    tests(
      .stores, "AgentEngineTests",
      [
        "AgentEngine", "GoogleCalls", "Sessions", "Events", "Concurrency", "CurlTransport",
        "SessionsTesting", "ProgressBusTesting",
      ]),
    tests(.bus, "EventsTests", ["Events", "SeededRandom"]),
    tests(
      .bus, "EventBusTests",
      [
        "EventBus", "Events", "RedisDriver", "LocalStack", "Observability", "ProgressBusTesting",
        nioCore, nioPosix, nioLocks, logging,
      ]),
    tests(
      .bus, "DeadLettersTests",
      ["DeadLetters", "EventBus", "Events", "ProgressBusTesting", nioCore, nioPosix]),
    tests(.bus, "SessionsTests", ["Sessions", "Events", "SessionsTesting", "ProgressBusTesting"]),
    tests(
      .net, "AccessTests",
      [
        "Access", "Cryptography", "HTTPServer", "JSONText", "Observability", "ProgressBusTesting",
        httpTypes, hummingbird, logging,
      ]),
    tests(
      .net, "HTTPServerTests",
      [
        "HTTPServer", "TLS", "HTTPServerTesting", "ProgressBusTesting", hummingbird, httpTypes,
        nioCore, nioEmbedded, nioHTTP1, nioWebSocket, subprocess,
      ]),
    tests(
      .drivers, "RedisDriverTests",
      ["RedisDriver", "TLS", "LocalStack", "ProgressBusTesting", nioCore, nioPosix]),
    tests(
      .drivers, "PostgresDriverTests",
      ["PostgresDriver", "LocalStack", "ProgressBusTesting", logging]),
    tests(.drivers, "CryptographyTests", ["Cryptography", "ProgressBusTesting"]),
    tests(
      .drivers, "CurlTransportTests", ["CurlTransport", "Zlib", "ProgressBusTesting", httpTypes]),
    tests(.drivers, "ZlibTests", ["Zlib"]),
    tests(
      .drivers, "TLSTests",
      ["TLS", "ProgressBusTesting", nioCore]),
    tests(.drivers, "BlockingExecutorTests", ["BlockingExecutor"]),
    tests(.ground, "JSONTextTests", ["JSONText"]),
    tests(.ground, "ConcurrencyTests", ["Concurrency", "SeededRandom", nioLocks]),
    tests(.ground, "ObservabilityTests", ["Observability", nioLocks, logging, coreMetrics]),
    tests(
      .local, "LocalStackTests",
      ["LocalStack", "LocalStackHost", "ProgressBusTesting", nioLocks, subprocess, systemPackage]),
    .executableTarget(
      name: "LocalStackHost", dependencies: ["LocalStack", "ProgressBusTesting"],
      path: "Tests/Local/LocalStackHost",
      swiftSettings: strict),
    tests(
      .local, "DemonstrationTests",
      ["Demonstration", "API", "CurlTransport", "Events", "ProgressBusTesting"]),
    tests(
      .system, "EndToEndTests",
      [
        "progressbus", "CurlTransport", "Events", "HTTPServerTesting", "Observability",
        "PostgresDriver",
        "Firestore", "GoogleCalls", "Sessions", "SessionsTesting",
        "RedisDriver", "LocalStack", "Zlib", "ProgressBusTesting", nioCore, nioPosix, nioHTTP1,
        nioWebSocket, httpTypes, subprocess, systemPackage, yams, logging,
      ]),
    tests(
      .system, "ExamplesTests",
      [
        "EventKindExample", "SinkExample", "EventBus", "Events", "PostgresDriver", "PostgresSink",
        "SeededRandom", "WorkerRuntime", "ProgressBusTesting", logging,
      ]),

    // What reads bytes from outside, tried with changed inputs: a short run in the tests.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Events", "Ingest", "Influx", "RedisDriver", "HTTPServer", "Cryptography", "BigQueryMirror",
        "API", "EventBus", "Access", "JSONText", httpTypes, nioCore, nioEmbedded, nioHTTP1,
        nioWebSocket,
        nioLocks, logging,
      ],
      path: "Fuzz/FuzzTargets", swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "SeededRandom"], path: "Fuzz/FuzzTests",
      swiftSettings: strict),
  ] + fuzzProgram
)
