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
let nioCompression = Target.Dependency.product(
  name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(
  name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(
  name: "HummingbirdTesting", package: "hummingbird")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let configuration = Target.Dependency.product(
  name: "Configuration", package: "swift-configuration")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

func room(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "ProgressBus",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "progressbus", targets: ["progressbus"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0",
      traits: ["YAML", "CommandLineArguments"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // The C libraries.
    .systemLibrary(
      name: "CHiredis", path: "Sources/CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(
      name: "CLibPQ", path: "Sources/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CLibCurl", path: "Sources/CLibCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", providers: [.apt(["zlib1g-dev"])]),

    // The drivers: the only rooms that import C.
    room("BlockingExecutor", [nioCore, nioPosix]),
    room("RedisDriver", ["CHiredis", nioCore, nioPosix, logging]),
    room("PostgresDriver", ["CLibPQ", "BlockingExecutor", logging]),
    room("CurlTransport", ["CLibCurl", "CZlib", nioLocks, logging]),

    // What an event is.
    room("Events", []),

    // Moving events.
    room("Observability", [nioLocks, logging, metrics, coreMetrics]),
    room("EventBus", ["Events", "RedisDriver", nioCore, nioLocks, logging]),
    room(
      "WorkerRuntime",
      ["Events", "EventBus", "Observability", nioCore, nioLocks, logging, metrics, lifecycle]),
    room("PostgresSink", ["Events", "WorkerRuntime", "PostgresDriver", nioCore, logging]),
    room("InfluxSink", ["Events", "WorkerRuntime", "CurlTransport", nioCore, logging]),
    room(
      "BigQueryMirror",
      [
        "Events", "Observability", "WorkerRuntime", "PostgresDriver", "CurlTransport", jwtKit,
        crypto, logging, metrics, lifecycle,
      ]),

    // Serving.
    room(
      "WebSocketServer",
      [
        nioCore, nioPosix, nioHTTP1, nioWebSocket, nioHTTPTypes, nioHTTPTypesHTTP1, httpTypes,
        hummingbird, logging,
      ]),
    room(
      "Ingest",
      [
        "Events", "EventBus", "Observability", "WebSocketServer", nioCore, nioHTTP1, nioCompression,
        logging, metrics,
        coreMetrics,
      ]),
    room(
      "Broadcaster",
      [
        "Events", "EventBus", "Observability", "WebSocketServer", nioCore, nioLocks, nioHTTP1,
        nioWebSocket, logging, metrics, coreMetrics, lifecycle,
      ]),
    room(
      "Dashboard",
      ["Events", "PostgresDriver", "CurlTransport", hummingbird, httpTypes, nioCore, logging],
      resources: [.copy("Resources")]),

    // A class to look at.
    room("Demonstration", ["Events", "CurlTransport"]),

    // Composition.
    room("LocalStack", [nioCore, nioPosix, nioLocks, logging, subprocess, systemPackage]),
    room(
      "ProgressBusServer",
      [
        "Events", "EventBus", "RedisDriver", "PostgresDriver", "CurlTransport", "Observability",
        "Ingest", "Broadcaster", "Dashboard", "WorkerRuntime", "PostgresSink", "InfluxSink",
        "BigQueryMirror", "WebSocketServer", hummingbird, httpTypes, nioCore, nioPosix, nioHTTP1,
        nioLocks, nioFoundation, configuration, yams, systemPackage, lifecycle, unixSignals,
        logging, metrics, coreMetrics,
      ]),
    .executableTarget(
      name: "progressbus",
      dependencies: [
        "ProgressBusServer", "LocalStack", "Demonstration", "Events", "EventBus", "PostgresDriver",
        "CurlTransport", "BigQueryMirror", argumentParser, nioCore, logging,
      ],
      // The optimiser of Swift 6.3.1 crashes on the commands' coroutines. Nothing here is hot: what
      // a command runs is in the rooms below.
      swiftSettings: strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]),

    .executableTarget(
      name: "FanOutBenchmark",
      dependencies: [
        "Broadcaster", "EventBus", "WebSocketServer", hummingbird, lifecycle, nioCore, nioPosix,
        nioLocks, logging,
      ],
      path: "Benchmarks/FanOutBenchmark",
      swiftSettings: strict),
    .executableTarget(
      name: "DecoderBenchmark", dependencies: ["Events"], path: "Benchmarks/DecoderBenchmark",
      swiftSettings: strict),

    .executableTarget(
      name: "StoreBenchmark",
      dependencies: [
        "PostgresSink", "PostgresDriver", "WorkerRuntime", "Events", "EventBus", nioCore, logging,
      ],
      path: "Benchmarks/StoreBenchmark",
      swiftSettings: strict),
    .executableTarget(
      name: "ReadAPIBenchmark",
      dependencies: ["Dashboard", "PostgresDriver", hummingbird, logging],
      path: "Benchmarks/ReadAPIBenchmark",
      exclude: ["load.sql", "live.sql"],
      swiftSettings: strict),

    // Support for tests.
    .target(
      name: "ProgressBusTesting",
      dependencies: [
        "Events", "EventBus", "LocalStack", "WorkerRuntime", "PostgresDriver", "CurlTransport",
        "RedisDriver", nioCore, nioPosix, nioLocks, nioHTTP1, logging,
      ],
      path: "Tests/ProgressBusTesting",
      swiftSettings: strict),

    .target(
      name: "WebSocketTesting",
      dependencies: [
        "WebSocketServer", hummingbird, lifecycle, nioCore, nioPosix, nioHTTP1, nioWebSocket,
        logging,
      ],
      path: "Tests/WebSocketTesting",
      swiftSettings: strict),

    tests("EventsTests", ["Events"]),
    tests("ObservabilityTests", ["Observability", nioLocks, logging, metrics, coreMetrics]),
    tests("BlockingExecutorTests", ["BlockingExecutor"]),
    tests(
      "DemonstrationTests",
      ["Demonstration", "Dashboard", "Events", "CurlTransport", "ProgressBusTesting"]),
    tests(
      "RedisDriverTests",
      ["RedisDriver", "LocalStack", "ProgressBusTesting", nioCore, nioPosix, logging]),
    tests("PostgresDriverTests", ["PostgresDriver", "LocalStack", "ProgressBusTesting", logging]),
    tests("CurlTransportTests", ["CurlTransport", "ProgressBusTesting", logging]),
    tests(
      "EventBusTests",
      [
        "EventBus", "Events", "RedisDriver", "LocalStack", "ProgressBusTesting", nioCore, nioPosix,
        nioLocks, logging,
      ]),
    tests(
      "WorkerRuntimeTests",
      [
        "WorkerRuntime", "EventBus", "Observability", "ProgressBusTesting", nioCore, nioPosix,
        nioLocks, logging, lifecycle,
      ]),
    tests(
      "PostgresSinkTests",
      [
        "PostgresSink", "PostgresDriver", "WorkerRuntime", "Events", "EventBus", "LocalStack",
        "ProgressBusTesting", nioCore, logging,
      ]),
    tests(
      "InfluxSinkTests",
      [
        "InfluxSink", "CurlTransport", "WorkerRuntime", "Events", "EventBus", "LocalStack",
        "ProgressBusTesting", nioCore, logging,
      ]),
    tests(
      "BigQueryMirrorTests",
      [
        "BigQueryMirror", "PostgresDriver", "CurlTransport", "Events", "LocalStack",
        "ProgressBusTesting", jwtKit, lifecycle, logging,
      ]),
    tests(
      "WebSocketServerTests",
      [
        "WebSocketServer", "WebSocketTesting", hummingbird, nioCore, nioPosix, nioHTTP1,
        nioWebSocket, nioEmbedded, logging,
      ]),
    tests(
      "IngestTests",
      [
        "Ingest", "Events", "EventBus", "Observability", "CurlTransport", "WebSocketServer",
        "WebSocketTesting", nioCore, nioPosix, nioLocks, nioHTTP1, nioEmbedded, logging, metrics,
      ]),
    tests(
      "BroadcasterTests",
      [
        "Broadcaster", "EventBus", "Events", "WebSocketServer", "WebSocketTesting",
        "ProgressBusTesting", nioCore, nioPosix, nioLocks, nioHTTP1, nioWebSocket, nioEmbedded,
        lifecycle, logging,
      ]),
    tests(
      "DashboardTests",
      [
        "Dashboard", "Events", "PostgresDriver", "ProgressBusTesting", hummingbird,
        hummingbirdTesting, httpTypes, nioCore, "LocalStack", subprocess, systemPackage, logging,
      ]),
    .executableTarget(
      name: "LocalStackHost", dependencies: ["LocalStack"], path: "Tests/LocalStackHost",
      swiftSettings: strict),
    tests(
      "LocalStackTests",
      ["LocalStack", "LocalStackHost", "ProgressBusTesting", nioLocks, subprocess, systemPackage]),
    tests(
      "ProgressBusServerTests",
      [
        "ProgressBusServer", "Events", "EventBus", "Ingest", "WebSocketServer", "WorkerRuntime",
        "Observability", "BigQueryMirror", "ProgressBusTesting", "CurlTransport", "Dashboard",
        "InfluxSink",
        "LocalStack", hummingbird, hummingbirdTesting, httpTypes, nioCore, nioPosix,
        nioEmbedded, logging,
      ]),
    tests(
      "EndToEndTests",
      [
        "progressbus", "ProgressBusTesting", "LocalStack", "RedisDriver", "PostgresDriver",
        "CurlTransport", "Observability", "BigQueryMirror", yams, nioCore, nioPosix, nioHTTP1,
        nioWebSocket, subprocess, systemPackage,
        logging,
      ]),
  ]
)
