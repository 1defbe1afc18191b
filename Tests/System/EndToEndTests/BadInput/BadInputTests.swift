import CurlTransport
import HTTPTypes
import ProgressBusTesting
import Testing

/// What the running program says to what it must refuse, and what that costs it.
@Suite(.timeLimit(.minutes(5)), .tags(.servers)) struct BadInputTests {
  @Test func eachBadInputHasItsDocumentedStatusAndAnErrorThatNamesTheField() async throws {
    try await withLiveIngest { ingest in
      for request in HostileRequests.prompt + [HostileRequests.slow] {
        let answer = try await RawExchange(
          port: ingest.port, sending: request.pieces)
        #expect(answer.status == request.status, "\(request.name): \(answer.body)")
        for mention in request.mentions {
          #expect(answer.body.contains(mention), "\(request.name): \(answer.body)")
        }
      }
      #expect(try await ingest.journal().isEmpty)
    }
  }

  @Test func hundredsOfBadInputsLeaveMemoryFlatAndOthersAreServedMeanwhile() async throws {
    try await withLiveIngest { ingest in
      let requests = HostileRequests.prompt
      // Buffers and heaps reach the size that they keep.
      try await attack(ingest, with: requests, rounds: 4)
      let before = try await ingest.residentBytes()
      let accepted = try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await attack(ingest, with: requests, rounds: 24) }
        group.addTask { try await attack(ingest, with: [HostileRequests.slow], rounds: 40) }
        let notebook = Task { try await sendUntilCancelled(to: ingest) }
        try await group.waitForAll()
        notebook.cancel()
        return try await notebook.value
      }
      #expect(accepted > 10)
      #expect(try await ingest.journal().count >= accepted)
      let grown = try await ingest.residentBytes() - before
      // Of some 650 bodies of up to 50 MB unpacked; it is less than 2 MiB on a quiet machine.
      #expect(grown < 16 << 20, "grew by \(grown >> 20) MiB from \(before >> 20) MiB")
    }
  }

  /// Another learner's notebook, whose every event must be taken while the attack lasts.
  /// - Returns: how many were.
  private func sendUntilCancelled(to ingest: LiveIngest) async throws -> Int {
    let transport = CurlTransport()
    let request = TransportRequest(
      .post, "\(ingest.url)/student-progress", headers: [.contentType: "application/json"],
      body: Array(HostileRequests.event("").utf8), timeout: .seconds(20))
    var accepted = 0
    repeat {
      // In a task of its own, so that the last one is not cut short.
      let answer = try await Task { try await transport.send(request) }.value
      #expect(answer.status == 202)
      accepted += 1
    } while !Task.isCancelled
    await transport.shutdown()
    return accepted
  }

  /// Every request `rounds` times, eight at a time.
  private func attack(
    _ ingest: LiveIngest, with requests: [HostileRequest], rounds: Int
  ) async throws {
    let port = ingest.port
    try await withThrowingTaskGroup(of: Void.self) { group in
      var underWay = 0
      for _ in 0..<rounds {
        for request in requests {
          if underWay == 8 { try await group.next() } else { underWay += 1 }
          group.addTask {
            let answer = try await RawExchange(port: port, sending: request.pieces)
            #expect(answer.status == request.status, "\(request.name): \(answer.body)")
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
