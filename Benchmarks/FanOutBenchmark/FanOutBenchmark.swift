import Broadcaster
import EventBus
import Foundation
import HTTPServer
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves `/ws/dashboard` on 127.0.0.1, waits until enough subscribers have come, and relays events to
/// them at a fixed rate. The subscribers measure.
///
///     FanOutBenchmark PORT SUBSCRIBERS EVENTS EVENTS_PER_SECOND
@main
struct FanOutBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    guard arguments.count == 4 else {
      print("usage: FanOutBenchmark PORT SUBSCRIBERS EVENTS EVENTS_PER_SECOND")
      return
    }
    let (port, subscribers) = (arguments[0], arguments[1])
    var logger = Logger(label: "fan-out")
    logger.logLevel = .warning
    let journal = GrowingJournal()
    let hub = BroadcastHub(
      journal: journal, eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger)
    let server = Application(
      router: Router(), server: .webSocketUpgrade(webSockets: [hub.route()]),
      configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger)
    let services = ServiceGroup(services: [hub, server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      hub.channelSubscribed()
      while hub.subscriberCount < subscribers { try await Task.sleep(for: .milliseconds(20)) }
      try await relay(arguments[2], perSecond: arguments[3], to: hub, journal: journal)
      while hub.subscriberCount > 0 { try await Task.sleep(for: .milliseconds(20)) }
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
  }

  /// Publishes what is due every half millisecond, as a bus that reads a socket would.
  private static func relay(
    _ count: Int, perSecond rate: Int, to hub: BroadcastHub, journal: GrowingJournal
  ) async throws {
    let bus = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let start = ContinuousClock.now
    var sent = 0
    while sent < count {
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      let due = min(count, Int(elapsed * Double(rate)) + 1)
      if sent < due {
        let entries = (sent..<due).map { number in
          JournalEntry(
            id: StreamID(milliseconds: 1, sequence: UInt64(number)), eventType: "cell_executed",
            payload: event(number))
        }
        journal.append(entries)
        let messages = entries.map { entry in
          ChannelMessage.journaled(
            entry.id,
            ByteBuffer(
              string: "{\"stream_id\":\"\(entry.id)\",\(String(buffer: entry.payload).dropFirst())")
          )
        }
        try await bus.next().submit { hub.channelReceived(messages) }.get()
        sent = due
      }
      try await Task.sleep(for: .microseconds(500))
    }
    try await bus.shutdownGracefully()
  }

  /// About 336 bytes, with the time of its making for whoever measures latency.
  private static func event(_ number: Int) -> ByteBuffer {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let nanoseconds = now.tv_sec * 1_000_000_000 + now.tv_nsec
    return ByteBuffer(
      string: """
        {"event_id":"018f3a5e-7c1d-7000-8000-\(String(format: "%012d", number))",\
        "event_type":"cell_executed","student_id":"student-\(number % 1000)",\
        "notebook_path":"week1/exercise.ipynb","course_id":"swift-101","cell_id":"c\(number % 50)",\
        "cell_type":"code","execution_count":\(number % 100),"has_error":false,"duration_ms":12.5,\
        "sent_ns":\(nanoseconds)}
        """)
  }
}
