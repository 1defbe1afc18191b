import FoundationEssentials
public import LocalStack
import ProgressBusTesting
public import Testing

/// Google's Firestore emulator, as the gcloud CLI brings it. It needs Java, and keeps nothing.
public struct FirestoreEmulator: LocalServer {
  public let name = "the Firestore emulator"
  public let folder: String
  public let port: Int
  public let portFlag: String? = nil

  public init(folder: String, port: Int) {
    self.folder = folder
    self.port = port
  }

  public var url: String { "http://127.0.0.1:\(port)" }
  /// What `FIRESTORE_EMULATOR_HOST` takes.
  public var host: String { "127.0.0.1:\(port)" }

  /// Why tests on it do not run, where they do not.
  public static let missing: Comment =
    "Google's Firestore emulator is not installed: Debian package google-cloud-cli-firestore-emulator, and Java"
  public static var isInstalled: Bool {
    jar != nil && (try? ProgramLocator.find("java", package: "default-jre-headless")) != nil
  }

  /// It keeps everything in memory: 10,000 sessions need more than the tests do.
  private static var memory: String {
    ProcessInfo.processInfo.environment["FIRESTORE_EMULATOR_MEMORY"] ?? "768m"
  }

  private static var jar: String? {
    ["/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/opt/google-cloud-sdk"]
      .map { "\($0)/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Java itself: the script beside the jar would leave it behind when it is killed.
  public func prepare() throws -> ServerCommand {
    guard let jar = Self.jar else {
      throw LocalStackError.missingProgram(
        name: "cloud-firestore-emulator.jar", package: "google-cloud-cli-firestore-emulator")
    }
    return ServerCommand(
      program: try ProgramLocator.find("java", package: "default-jre-headless"),
      arguments: [
        "-Duser.language=en", "-Xmx\(Self.memory)", "-XX:+UseSerialGC", "-cp", jar,
        "com.google.cloud.datastore.emulator.firestore.CloudFirestore", "start",
        "--host=127.0.0.1", "--port=\(port)",
      ])
  }

  public func isReady() async throws -> Bool {
    try await LoopbackClient.status(port: port, path: "/") == 200
  }
}

/// One emulator for all tests of this process; each test has a project of its own.
public actor SharedFirestore {
  public static let shared = SharedFirestore()

  private var starting: Task<FirestoreEmulator, any Error>?
  // Keeps the emulator's process referenced.
  private var controller: ServerController<FirestoreEmulator>?
  private var count = 0

  public func server() async throws -> FirestoreEmulator {
    if let starting { return try await starting.value }
    let task = Task { () async throws -> FirestoreEmulator in
      let emulator = try FirestoreEmulator(
        folder: await TestFolders.shared.make("firestore"), port: LoopbackPort.free())
      let controller = ServerController(emulator, startDeadline: .seconds(180))
      try await controller.start()
      self.controller = controller
      return emulator
    }
    starting = task
    return try await task.value
  }

  public func nextProject() -> String {
    count += 1
    return "test-\(count)"
  }
}
