import CurlTransport
import HTTPTypes
import ProgressBusTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct CurlTransportLifetimeTests {
  @Test func aCancelledTaskStopsWaitingAtOnce() async throws {
    try await withTransport(otherwise: hang) { transport, server in
      let url = server.url
      let task = Task { await failure(transport, TransportRequest(.get, url)) }
      try await eventually { server.requests.count == 1 }
      task.cancel()
      #expect(await task.value == TransportError(.cancelled, mayHaveReachedServer: true))
    }
  }

  @Test func aTaskCancelledBeforeItSendsDoesNotSend() async throws {
    try await withTransport { transport, server in
      let url = server.url
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await failure(transport, TransportRequest(.get, url))
      }
      #expect(await task.value == TransportError(.cancelled))
      #expect(server.requests.isEmpty)
    }
  }

  @Test func cancellingAtAnyMomentLeavesTheTransportUsable() async throws {
    try await withTransport { transport, server in
      let url = server.url
      for delay in 0..<200 {
        let task = Task { await failure(transport, TransportRequest(.get, url)) }
        for _ in 0..<delay { await Task.yield() }
        task.cancel()
        let reason = await task.value?.reason
        #expect([nil, .cancelled].contains(reason))
      }
      #expect(await failure(transport, TransportRequest(.get, url)) == nil)
    }
  }

  @Test func shuttingDownFailsWhatIsUnderWayAndWhatComesLater() async throws {
    try await withFaultServer(otherwise: hang) { server in
      let transport = CurlTransport(CurlConfiguration(connectionsPerHost: 1))
      let url = server.url
      let tasks = (0..<3).map { _ in
        Task { await failure(transport, TransportRequest(.get, url))?.reason }
      }
      try await eventually { server.requests.count == 1 }
      await transport.shutdown()
      for task in tasks { #expect(await task.value == .closed) }
      #expect(await failure(transport, TransportRequest(.get, url)) == TransportError(.closed))
      await transport.shutdown()
    }
  }

  @Test func aServerThatRestartsIsFoundAgainOnAKeptConnection() async throws {
    try await withTransport { transport, server in
      server.answerNext(.text(200, ""), .cut)
      let url = server.url
      #expect(await failure(transport, TransportRequest(.post, url, body: [1, 2, 3])) == nil)
      // The kept connection dies under the second request; libcurl sends it anew, body and all.
      #expect(await failure(transport, TransportRequest(.post, url, body: [1, 2, 3])) == nil)
      #expect(server.requests.map(\.body) == [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    }
  }
}

/// A server that never answers.
let hang: FaultServer.Script = { _ in .hang }
