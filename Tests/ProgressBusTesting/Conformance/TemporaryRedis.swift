import Foundation
public import RedisDriver

/// A private Redis on a Unix socket in a folder of its own.
public final class TemporaryRedis: Sendable {
  private let folder: URL
  private nonisolated(unsafe) var process: Process?

  init() throws {
    folder = URL(fileURLWithPath: "/tmp/pbr-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  public var url: String { "unix://\(folder.path)/s" }
  public var address: RedisAddress { get throws { try RedisAddress(parsing: url) } }

  public func start() async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
    process.arguments = [
      "--port", "0", "--unixsocket", "\(folder.path)/s", "--save", "", "--appendonly", "yes",
      "--dir", folder.path, "--logfile", "\(folder.path)/log",
    ]
    try process.run()
    self.process = process
    let deadline = ContinuousClock.now + .seconds(10)
    while !FileManager.default.fileExists(atPath: "\(folder.path)/s"), .now < deadline {
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  public func stop() async throws {
    process.map { _ = kill($0.processIdentifier, SIGKILL) }
    process?.waitUntilExit()
    process = nil
    try? FileManager.default.removeItem(atPath: "\(folder.path)/s")
  }

  public func suspend() { process.map { _ = kill($0.processIdentifier, SIGSTOP) } }
  public func resume() { process.map { _ = kill($0.processIdentifier, SIGCONT) } }
  func remove() { try? FileManager.default.removeItem(at: folder) }
}

/// Runs `body` with a private Redis that is gone afterwards.
public func withTemporaryRedis<Result>(
  _ body: (TemporaryRedis) async throws -> Result
) async throws -> Result {
  let redis = try TemporaryRedis()
  try await redis.start()
  let result: Result
  do {
    result = try await body(redis)
  } catch {
    try await redis.stop()
    redis.remove()
    throw error
  }
  try await redis.stop()
  redis.remove()
  return result
}
