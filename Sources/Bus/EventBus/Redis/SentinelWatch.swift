import Concurrency
import Logging
import NIOConcurrencyHelpers
import NIOCore
import RedisDriver

/// Leaves a server as soon as a Sentinel names another master, whatever the server itself answers: one that was
/// replaced while it hung goes on taking events, for seconds, that are lost.
///
/// A Sentinel tells of the switch, and is asked again and again as well, for what it told while nobody listened.
final class SentinelWatch: Sendable {
  /// Between two questions.
  static let interval = Duration.seconds(1)

  private let questions: SentinelQuestions
  private let eventLoop: any EventLoop
  private let logger: Logger
  private let state = NIOLockedValueBox(State())

  private struct State {
    /// Those that stand, with the server of each.
    var connections: [(RedisConnection, RedisAddress)] = []
    /// What was named last.
    var master: RedisAddress?
    var changes = 0
  }

  /// Nil where no Sentinels know the server.
  init?(
    _ configuration: RedisEventBusConfiguration, on eventLoop: any EventLoop, logger: Logger
  ) {
    guard case .sentinels(let sentinels) = configuration.location else { return nil }
    questions = SentinelQuestions(sentinels, options: configuration.options("sentinel"))
    self.eventLoop = eventLoop
    self.logger = logger
  }

  /// How often another master has been named.
  var changes: Int { state.withLockedValue { $0.changes } }

  /// Watches over a connection until it is lost.
  ///
  /// - Parameter changes: how many there had been when the address was asked for.
  /// - Throws: when another master was named since.
  func add(
    _ connection: RedisConnection, to address: RedisAddress, since changes: Int
  ) throws(RedisServerError) {
    let successor = state.withLockedValue { state -> RedisAddress? in
      if let master = state.master, state.changes != changes, master != address { return master }
      state.connections.append((connection, address))
      return nil
    }
    if let successor { throw Self.replaced(by: successor) }
    connection.lost.whenComplete { [weak self] _ in
      self?.state.withLockedValue { $0.connections.removeAll { $0.0 === connection } }
    }
  }

  /// Until the task is cancelled.
  func run() async {
    var retries = Retries(RedisLink.backoff)
    var index = 0
    while !Task.isCancelled {
      if await listen(to: index) { retries.succeeded() }
      index = (index + 1) % questions.sentinels.endpoints.count
      // All of them once before the first pause.
      guard index == 0 else { continue }
      do { try await Task.sleep(for: retries.failed()) } catch { return }
    }
  }

  /// Listens to one Sentinel, and asks it, until it is silent.
  ///
  /// - Returns: whether it has ever answered.
  private func listen(to index: Int) async -> Bool {
    var hasAnswered = false
    do {
      let asking = try await questions.connect(index, on: eventLoop).get()
      defer { asking.close() }
      let listening = try await questions.connect(index, on: eventLoop).get()
      defer { listening.close() }
      let isDeaf = NIOLockedValueBox(false)
      listening.lost.whenComplete { _ in isDeaf.withLockedValue { $0 = true } }
      listening.subscribe(with: [["SUBSCRIBE", "+switch-master"]]) { [weak self] replies in
        for reply in replies { self?.heard(reply) }
      }
      while !Task.isCancelled, !isDeaf.withLockedValue({ $0 }) {
        leave(for: try await questions.master(by: asking).get())
        hasAnswered = true
        try await Task.sleep(for: Self.interval)
      }
    } catch {
      logger.debug("a Sentinel is silent", metadata: ["error": "\(error)"])
    }
    return hasAnswered
  }

  /// A message is `name old-host old-port new-host new-port`.
  private func heard(_ reply: RedisReply) {
    guard let parts = reply.array, parts.count == 3, parts[0].text == "message",
      let words = parts[2].text?.split(separator: " "), words.count == 5,
      words[0] == questions.sentinels.masterName, let port = Int(words[4])
    else { return }
    leave(
      for: questions.sentinels.server(
        at: RedisEndpoint(host: String(words[3]), port: port)))
  }

  /// Closes the connections to every other server.
  private func leave(for master: RedisAddress) {
    let wrong = state.withLockedValue { state in
      if state.master != master {
        state.master = master
        state.changes += 1
      }
      let wrong = state.connections.filter { $0.1 != master }
      state.connections.removeAll { $0.1 != master }
      return wrong
    }
    guard !wrong.isEmpty else { return }
    logger.notice(
      "Sentinel names another primary",
      metadata: ["primary": "\(master)", "connections": "\(wrong.count)"])
    for (connection, _) in wrong { connection.close(because: Self.replaced(by: master)) }
  }

  /// In the words of a server that knows it.
  private static func replaced(by master: RedisAddress) -> RedisServerError {
    RedisServerError("READONLY Sentinel names another primary: \(master)")
  }
}
