import Foundation
import LocalStack
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Synchronization

/// `redis-cli SUBSCRIBE progress-events`.
final class ChannelClient: Sendable {
  private let connection: RedisConnection
  private let received = Mutex<(isSubscribed: Bool, messages: [String])>((false, []))

  init(to server: ServerController<RedisServer>) async throws {
    connection = try await RedisCommands.connect(to: server)
    connection.subscribe(with: [["SUBSCRIBE", "progress-events"]]) { [weak self] replies in
      for case .array(let parts) in replies {
        switch parts.first?.text {
        case "subscribe": self?.received.withLock { $0.isSubscribed = true }
        case "message": self?.received.withLock { $0.messages.append(parts[2].text ?? "") }
        default: break
        }
      }
    }
    try await eventually("the subscription") { received.withLock { $0.isSubscribed } }
  }

  var messages: [String] { received.withLock { $0.messages } }

  func close() { connection.close() }
}

/// `redis-cli`.
enum RedisCommands {
  static func connect(to server: ServerController<RedisServer>) async throws -> RedisConnection {
    try await RedisConnection.connect(
      to: RedisAddress(parsing: server.url),
      on: MultiThreadedEventLoopGroup.singleton.next(), options: .patient
    ).get()
  }

  @discardableResult
  static func send(
    _ command: RedisCommand, to server: ServerController<RedisServer>
  ) async throws -> RedisReply {
    let connection = try await connect(to: server)
    defer { connection.close() }
    return try await connection.send(command).get()
  }
}
