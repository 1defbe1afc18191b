import CurlTransport
import Events
import Foundation
import ProgressBusTesting
import Testing

@testable import Demonstration

@Suite struct ClassDeliveryTests {
  private static let start = Timestamp(rfc3339: "2026-11-21T09:00:00Z".utf8)!
  private static let accepted = FaultAnswer.json(202, #"{"accepted":[],"rejected":[]}"#)

  private var simulation: SimulatedClass {
    SimulatedClass(ClassPlan(courseID: "demo", learners: 30, seed: 1), startedAt: Self.start)
  }

  /// Runs the class from 20 minutes after its start until `pauses` have passed.
  private func run(
    against server: FaultServer, pauses: Int
  ) async throws -> [Duration] {
    let clock = SteppedClock(at: Self.start + .minutes(20), pauses: pauses)
    let transport = CurlTransport()
    let delivery = ClassDelivery(
      server: server.url, transport: transport, now: { clock.now },
      sleep: { try clock.sleep($0) })
    do {
      try await delivery.run(simulation)
    } catch is CancellationError {
    } catch {
      await transport.shutdown()
      throw error
    }
    await transport.shutdown()
    return clock.slept
  }

  @Test func whatHasHappenedGoesOutInBatchesAndThenEachEventInItsTime() async throws {
    let server = try await FaultServer.start { _ in Self.accepted }
    let pauses = try await run(against: server, pauses: 20)
    await server.stop()
    var expected = simulation
    let history = expected.events(through: Self.start + .minutes(20), limit: .max).count
    let batches = (history + ClassDelivery.batchSize - 1) / ClassDelivery.batchSize
    #expect(batches >= 2)
    #expect(server.requests.count == batches + 19)
    #expect(
      server.requests.prefix(batches).allSatisfy {
        $0.target == "/student-progress" && $0.headers["content-encoding"] == "gzip"
          && $0.headers["content-type"] == "application/json"
          && $0.headers["date"] == "Sat, 21 Nov 2026 09:20:00 GMT"
          && $0.body.starts(with: [0x1F, 0x8B])
      })
    // Each of the rest comes after the pause until its time.
    #expect(pauses.allSatisfy { $0 > .zero && $0 <= .seconds(60) })
  }

  @Test func aServerThatIsAwayGetsTheSameEventsAgain() async throws {
    let server = try await FaultServer.start { _ in Self.accepted }
    server.answerNext(
      .text(503, "full", headers: [("Retry-After", "7")]), .text(500, "broken"), .cut,
      .garbage(Array("what?".utf8)))
    let pauses = try await run(against: server, pauses: 5)
    await server.stop()
    #expect(.seconds(7)...(.seconds(8)) ~= pauses[0])
    #expect(pauses[1...3].allSatisfy { $0 <= .seconds(2) })
    #expect(server.requests.count >= 5)
    #expect(Set(server.requests.prefix(5).map(\.body)).count == 1)
    #expect(server.requests[5].body != server.requests[0].body)
  }

  @Test(arguments: [400, 401, 404, 413, 422])
  func aRefusalEndsTheClass(_ status: Int) async throws {
    let server = try await FaultServer.start { _ in .json(status, #"{"rejected":"why"}"#) }
    await #expect(throws: ClassDeliveryError.self) {
      _ = try await run(against: server, pauses: 3)
    }
    #expect(server.requests.count == 1)
    await server.stop()
  }

}
