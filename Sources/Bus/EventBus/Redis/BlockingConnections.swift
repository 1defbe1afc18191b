import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// Connections for commands that block: each caller has one to itself while it waits, for Redis
/// answers a connection's commands one after the other.
final class BlockingConnections: Sendable {
  private struct State {
    var idle: [RedisConnection] = []
    var closed = false
  }

  private let connector: PrimaryConnector
  private let group: any EventLoopGroup
  private let state = NIOLockedValueBox(State())

  init(_ connector: PrimaryConnector, group: any EventLoopGroup) {
    self.connector = connector
    self.group = group
  }

  /// Lends a connection. It is kept for the next caller unless `body` throws.
  func withConnection<Value>(
    _ body: (RedisConnection) async throws(BusError) -> Value
  ) async throws(BusError) -> Value {
    let connection = try await borrow()
    do throws(BusError) {
      let value = try await body(connection)
      giveBack(connection)
      return value
    } catch {
      connection.close()
      throw error
    }
  }

  func close() {
    let idle = state.withLockedValue { state in
      state.closed = true
      defer { state.idle = [] }
      return state.idle
    }
    for connection in idle { connection.close() }
  }

  private func borrow() async throws(BusError) -> RedisConnection {
    let (idle, closed) = state.withLockedValue { ($0.idle.popLast(), $0.closed) }
    guard !closed else { throw .unavailable("the bus was shut down") }
    if let idle { return idle }
    do {
      let connection = try await connector.connect(as: "journal", on: group.next()).get()
      connection.lost.whenComplete { [weak self] _ in self?.forget(connection) }
      return connection
    } catch {
      throw BusError(error)
    }
  }

  private func giveBack(_ connection: RedisConnection) {
    let kept = state.withLockedValue { state in
      if !state.closed { state.idle.append(connection) }
      return !state.closed
    }
    if !kept { connection.close() }
  }

  private func forget(_ connection: RedisConnection) {
    state.withLockedValue { $0.idle.removeAll { $0 === connection } }
  }
}
