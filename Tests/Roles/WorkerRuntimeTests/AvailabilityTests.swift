import Logging
import NIOConcurrencyHelpers
import Testing

@testable import WorkerRuntime

@Suite struct AvailabilityTests {
  private func availability() -> Availability {
    Availability(
      subject: "the bus", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      elapsed: { .zero })
  }

  /// Redis without memory answers reads, and refuses dead letters, in turn.
  @Test func whatStillWorksEndsNoOutageOfSomethingElse() {
    let bus = availability()
    bus.markDown("dead_letter: no memory", during: "dead_letter")
    for _ in 1...3 {
      bus.markUp("read")
      bus.markUp("trim")
      #expect(bus.state == .down(reason: "dead_letter: no memory"))
    }
    bus.markDown("adopt: no memory", during: "adopt")
    bus.markUp("dead_letter")
    #expect(bus.state == .down(reason: "adopt: no memory"))
    bus.markUp("adopt")
    #expect(bus.state == .up)
  }

  @Test func aNeighbourWithOneOperationIsUpAfterASuccess() {
    let sink = availability()
    sink.markDown("refused")
    sink.markUp()
    #expect(sink.state == .up)
    #expect(sink.lastFailure?.reason == "refused")
  }
}
