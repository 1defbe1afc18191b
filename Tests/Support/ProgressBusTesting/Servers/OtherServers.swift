import FoundationEssentials
public import LocalStack
public import Testing

/// Servers of other versions and makers than Debian's, as `scripts/test` unpacks them.
public enum OtherServers {
  private static let folder = "\(ProjectFolder.path)/.build/servers"

  /// Why tests with them do not run, where they do not.
  public static let missing: Comment =
    "Valkey 8, Redis 8.2 and PostgreSQL 18 are not there: scripts/install-other-servers"
  /// The list of packages is written last.
  public static var areInstalled: Bool {
    FileManager.default.fileExists(atPath: "\(folder)/packages")
  }

  /// The folder of PostgreSQL 18's programs.
  public static let postgres18 = "\(folder)/postgresql-18/bin"

  /// What speaks as Debian's Redis 7.0 does.
  public enum Redis: String, CaseIterable, Sendable {
    case valkey8 = "valkey-8/valkey-server"
    case redis8 = "redis-8/redis-server"

    var program: String { "\(folder)/\(rawValue)" }
  }
}

/// A Redis of another make.
public struct OtherRedisServer: LocalServer {
  public let make: OtherServers.Redis
  public let plain: RedisServer

  public var name: String { make.rawValue }
  public var folder: String { plain.folder }
  public var port: Int { plain.port }
  public var portFlag: String? { nil }
  public var url: String { plain.url }

  public init(_ make: OtherServers.Redis, plain: RedisServer) {
    self.make = make
    self.plain = plain
  }

  public func prepare() async throws -> ServerCommand {
    var command = try plain.prepare()
    command.program = make.program
    return command
  }

  public func isReady() async throws -> Bool { try await plain.isReady() }
}
