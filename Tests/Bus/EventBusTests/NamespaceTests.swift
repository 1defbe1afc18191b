import EventBus
import LocalStack
import Logging
import NIOCore
import NIOPosix
import ProgressBusTesting
import RedisDriver
import Testing

/// Two deployments on one Redis.
@Suite(.tags(.servers)) struct NamespaceTests {
  private let group = MultiThreadedEventLoopGroup.singleton

  private func publish(_ text: String, to bus: RedisEventBus) async throws {
    let loop = group.any()
    let event = PublishedEvent(eventType: "help", payload: ByteBuffer(string: text))
    try await loop.flatSubmit { bus.publisher.publish([event], on: loop) }.get()
  }

  @Test func deploymentsWithNamespacesOfTheirOwnShareNothing() async throws {
    try await withRedis { redis in
      var logger = Logger(label: "test")
      logger.logLevel = .critical
      let endpoint = try RedisAddress(parsing: redis.url).endpoint
      let namespaces: [String?] = [nil, "one", "two"]
      var buses: [RedisEventBus] = []
      for (database, namespace) in namespaces.enumerated() {
        // The third is in the second's database: there keys can meet.
        let address = RedisAddress(endpoint: endpoint, database: min(database, 1))
        buses.append(
          try await RedisEventBus.start(
            RedisEventBusConfiguration(
              location: .server(address), keys: RedisKeys(namespace: namespace)
            ).patient,
            on: group, logger: logger))
      }
      let listeners = buses.map { _ in RecordingListener() }
      let listening = zip(buses, listeners).map { bus, listener in
        Task { await bus.channel.listen([listener]) }
      }
      try await eventually("all are subscribed") {
        listeners.allSatisfy { $0.record.subscriptions == 1 }
      }
      for (number, bus) in buses.enumerated() {
        try await publish(#"{"n":\#(number)}"#, to: bus)
        try await bus.journal.createGroup("g")
        // Its sink has no group, so nothing has to be pending.
        let letter = DeadLetter(
          sink: "postgres", reason: "r", attempts: 1, eventType: "help", payload: ByteBuffer())
        let stored = try await bus.deadLetters.add([
          RefusedEntry(id: StreamID(milliseconds: 1, sequence: 0), deadLetter: letter)
        ])
        #expect(stored == 1)
        try await bus.reports.post(ByteBuffer(string: "{}"), from: "\(number)")
        try await bus.cache.store([UInt8(number)], for: "key", lifetime: .seconds(60))
      }
      for (number, bus) in buses.enumerated() {
        try await eventually("its own event") { listeners[number].record.messages.count == 1 }
        let entries = try await bus.journal.entries(after: .zero, limit: 9)
        #expect(entries.map { String(buffer: $0.payload) } == [#"{"n":\#(number)}"#])
        #expect(try await bus.deadLetters.count() == 1)
        #expect(try await bus.reports.all().map(\.process) == ["\(number)"])
        #expect(try await bus.cache.value(for: "key") == [UInt8(number)])
      }
      // What is published by hand is adopted by its own deployment alone.
      let admin = try await RedisConnection.connect(
        to: RedisAddress(endpoint: endpoint), on: group.any(), options: .patient
      ).get()
      _ = try await admin.send(["PUBLISH", "one:progress-events", "by hand"]).get()
      try await eventually("it is heard") { listeners[1].tickets.count == 1 }
      #expect(listeners[0].tickets.isEmpty && listeners[2].tickets.isEmpty)
      for key in try await admin.send(["KEYS", "*"]).get().array ?? [] {
        #expect(key.text?.hasPrefix("progress-events") == true || key.text == "key")
      }
      for task in listening {
        task.cancel()
        await task.value
      }
      for bus in buses { bus.close() }
      admin.close()
    }
  }
}
