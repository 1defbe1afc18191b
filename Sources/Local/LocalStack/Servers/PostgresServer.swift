import FoundationEssentials
import Glibc

/// A private PostgreSQL cluster with one superuser and one database, both named `progressbus`.
///
/// It listens on 127.0.0.1 alone. Any user of the machine can reach that, and a superuser of
/// PostgreSQL can run programs as the server's account, so there is a password (SCRAM, RFC 7677),
/// made at random with the cluster and part of `url`.
public struct PostgresServer: LocalServer {
  public static let user = "progressbus"
  public static let database = "progressbus"

  /// Whether a crash of the machine may cost data.
  public enum Durability: Sendable {
    case durable
    /// `fsync=off`: for tests only.
    case throwAway
  }

  public let name = "PostgreSQL"
  public let folder: String
  public let port: Int
  public let portFlag: String?
  public let durability: Durability
  /// The folder of the server's programs; nil for those that are installed.
  private let programs: String?
  /// Of the superuser; used when the cluster is made.
  let password: String

  /// - Parameters:
  ///   - folder: when this process is root, the account `postgres` must be able to reach it.
  ///   - programs: the folder of another version's programs, which it must reach as well; nil for those that
  ///     are installed.
  /// - Throws: `LocalStackError.fileFailed` if the password file in `folder` cannot be made or read.
  public init(
    folder: String, port: Int, portFlag: String? = nil, durability: Durability = .durable,
    programs: String? = nil
  ) throws {
    self.programs = programs
    self.folder = folder
    self.port = port
    self.portFlag = portFlag
    self.durability = durability
    password = try SecretFile.readOrMake("\(folder)/password")
  }

  /// Of the database `progressbus`.
  public var url: String { url(database: Self.database) }

  public func url(database: String) -> String {
    "postgresql://\(Self.user):\(password)@127.0.0.1:\(port)/\(database)"
  }

  private var dataFolder: String { "\(folder)/data" }

  public func prepare() async throws -> ServerCommand {
    let program = try find("postgres")
    let account = try SystemAccount.required(name: "postgres", package: "postgresql")
    try PrivateFolder.make(folder, owner: account)
    if !FileManager.default.fileExists(atPath: "\(dataFolder)/PG_VERSION") {
      try await makeCluster(account)
    }
    try removeStalePidFile()
    var arguments = [
      "-D", dataFolder, "-p", "\(port)", "-c", "listen_addresses=127.0.0.1",
      "-c", "unix_socket_directories=", "-c", "max_connections=300",
    ]
    if durability == .throwAway {
      arguments += [
        "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
      ]
    }
    // SIGINT is the fast shutdown: open sessions are ended (PostgreSQL, 19.5).
    return ServerCommand(
      program: program, arguments: arguments, account: account, stopSignal: .interrupt,
      graceSeconds: 20)
  }

  /// After a crash of the machine, postmaster.pid may name a process that now is something else;
  /// PostgreSQL would refuse to start if it is one that it can signal.
  private func removeStalePidFile() throws {
    let path = "\(dataFolder)/postmaster.pid"
    guard let data = FileManager.default.contents(atPath: path) else { return }
    let firstLine = String(decoding: data, as: UTF8.self).prefix { !$0.isNewline }
    if let process = Int32(firstLine.trimmed), !LeftoverServer.works(process, in: dataFolder) {
      try FileRemoval.remove(path)
    }
  }

  /// Makes the cluster beside its final place and renames it there, so that an interrupted start
  /// leaves no half of one.
  private func makeCluster(_ account: SystemAccount?) async throws {
    let initdb = try find("initdb")
    let unfinished = "\(dataFolder).unfinished"
    try FileRemoval.remove(unfinished)
    let passwordPath = "\(folder)/password"
    if let account { chown(passwordPath, account.userID, account.groupID) }
    try await ProgramRun.run(
      initdb,
      [
        "-D", unfinished, "-E", "UTF8", "--locale=C.UTF-8", "-U", Self.user,
        "-A", "scram-sha-256", "--pwfile", passwordPath,
      ] + (durability == .throwAway ? ["--no-sync"] : []),
      account: account, folder: folder)
    guard rename(unfinished, dataFolder) == 0 else {
      throw LocalStackError.fileFailed(
        path: dataFolder, reason: String(cString: strerror(errno)))
    }
  }

  private func find(_ program: String) throws -> String {
    try ProgramLocator.find(
      program, package: "postgresql", alsoIn: ProgramLocator.postgresFolders(), path: programs)
  }

  public func isReady() async throws -> Bool {
    try await run("SELECT 1", database: "postgres") == "1"
  }

  public func finishStart() async throws {
    let exists = try await run(
      "SELECT 1 FROM pg_database WHERE datname = '\(Self.database)'", database: "postgres")
    if exists.isEmpty { try await run("CREATE DATABASE \(Self.database)", database: "postgres") }
  }

  /// Runs SQL through psql.
  /// - Returns: the rows, one a line, without headers.
  /// - Throws: `LocalStackError.programFailed` with PostgreSQL's message.
  @discardableResult
  public func run(_ sql: String, database: String = database) async throws -> String {
    let psql = try ProgramLocator.find(
      "psql", package: "postgresql-client", alsoIn: ProgramLocator.postgresFolders())
    let output = try await ProgramRun.run(
      psql, ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
      environment: [
        "PGHOST": "127.0.0.1", "PGPORT": "\(port)", "PGUSER": Self.user, "PGPASSWORD": password,
        "PGCONNECT_TIMEOUT": "5",
      ])
    return output.trimmed
  }
}
