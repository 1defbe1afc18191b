import EventBus
import NIOCore
import Testing

extension BusUnderTest {
  /// Runs `body` while `count` listeners, each with a subscription of its own, hear the channel.
  private func withListeners(
    _ count: Int, _ body: ([RecordingListener]) async throws -> Void
  ) async throws {
    let listeners = (0..<count).map { _ in RecordingListener() }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for listener in listeners { tasks.addTask { await channel.listen([listener]) } }
      try await eventually("all subscriptions stand") {
        listeners.allSatisfy { $0.record.subscriptions == 1 }
      }
      try await body(listeners)
      tasks.cancelAll()
    }
  }

  func checkRelay() async throws {
    try await withListeners(2) { listeners in
      for start in stride(from: 1, to: 1_000, by: 100) {
        try await publish(numbers: start...(start + 99))
      }
      let entries = try await journal.entries(after: .zero, limit: 2_000)
      let expected = entries.map { entry in
        let json = String(buffer: entry.payload).dropFirst()
        return ChannelMessage.journaled(
          entry.id, ByteBuffer(string: #"{"stream_id":"\#(entry.id)",\#(json)"#))
      }
      #expect(expected.count == 1_000)
      for listener in listeners {
        try await eventually("everything is heard") { listener.record.messages.count >= 1_000 }
        // Where there are several partitions, each message tells the place before it as well.
        let heard = listener.record.messages.map { message in
          guard case .journaled(let id, let payload) = message else { return message }
          let text = String(buffer: payload).replacing(/"previous":"[0-9-]+",/, with: "")
          return .journaled(id, ByteBuffer(string: text))
        }
        #expect(heard == expected)
      }
    }
  }

  func checkHandPublished() async throws {
    let texts = [
      #"{"event_type":"help"}"#, "no JSON", "", #"{"stream_id":"x-1","a":1}"#,
      #"{"attributes":{"stream_id":"1-1"}}"#, #"["stream_id","1-1"]"#,
    ]
    try await withListeners(2) { listeners in
      for text in texts { try await publishByHand(ByteBuffer(string: text)) }
      let late = #"{"event_type": "help", "stream_id": "17-3"}"#
      try await publishByHand(ByteBuffer(string: late))
      for listener in listeners {
        try await eventually("everything is heard") { listener.record.messages.count >= 7 }
        #expect(listener.tickets.map(\.ordinal) == Array(1...6))
        #expect(
          listener.record.messages.last
            == .journaled(StreamID(milliseconds: 17, sequence: 3), ByteBuffer(string: late)))
        let heard = listener.record.messages.compactMap {
          if case .handPublished(_, let payload) = $0 { String(buffer: payload) } else { nil }
        }
        #expect(heard == texts)
      }
      #expect(listeners[0].tickets == listeners[1].tickets)
    }
  }

  func checkAdoption() async throws {
    let message = ByteBuffer(string: #"{"event_type":"help"}"#)
    try await withListeners(3) { listeners in
      // Identical messages, while the channel carries events too and another worker comes.
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for number in 1...50 {
          tasks.addTask { try await publishByHand(message) }
          tasks.addTask { try await publish(numbers: number...number, eventType: "other") }
        }
        try await tasks.waitForAll()
      }
      for listener in listeners {
        try await eventually("all are heard") { listener.tickets.count == 50 }
      }
      let adopted = try await withThrowingTaskGroup(of: Int.self) { tasks in
        for listener in listeners {
          tasks.addTask {
            var adopted = 0
            for ticket in listener.tickets {
              let event = PublishedEvent(eventType: "help", payload: message)
              if try await adoptions.adopt(event, ticket: ticket) == .adopted { adopted += 1 }
            }
            return adopted
          }
        }
        return try await tasks.reduce(0, +)
      }
      #expect(adopted == 50)
      let entries = try await journal.entries(after: .zero, limit: 2_000)
      #expect(entries.count { $0.eventType == "help" && $0.payload == message } == 50)
      // What was adopted is heard again, with its place in the journal.
      for listener in listeners {
        try await eventually("the adopted are heard") { listener.record.messages.count == 150 }
        #expect(listener.tickets.count == 50)
      }
    }
  }

  func checkRejection() async throws {
    let letter = DeadLetter(
      sink: "bus", reason: "is no JSON", attempts: 1, eventType: "",
      payload: ByteBuffer(bytes: [0, 255, 10]))
    let ticket = AdoptionTicket(mark: "m", ordinal: 1)
    #expect(try await adoptions.reject(letter, ticket: ticket) == .stored)
    #expect(try await adoptions.reject(letter, ticket: ticket) == .doneBefore)
    let event = PublishedEvent(eventType: "help", payload: ByteBuffer(string: "{}"))
    #expect(try await adoptions.adopt(event, ticket: ticket) == .doneBefore)
    #expect(
      try await adoptions.adopt(event, ticket: AdoptionTicket(mark: "m", ordinal: 2)) == .adopted)
    #expect(
      try await adoptions.adopt(event, ticket: AdoptionTicket(mark: "n", ordinal: 1)) == .adopted)
    #expect(try await deadLetters.deadLetters(after: .zero, limit: 9).map(\.deadLetter) == [letter])
    #expect(try await journal.state().entries == 2)
  }
}
