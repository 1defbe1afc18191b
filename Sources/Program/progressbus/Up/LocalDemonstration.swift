import CurlTransport
import Demonstration
import Events

/// A simulated class that sends its events to the server on this machine, as notebooks would.
struct LocalDemonstration {
  let learners: Int
  private let plan: ClassPlan
  private let startedAt: Timestamp

  init(learners: Int, seed: UInt64, now: Timestamp = .now()) {
    self.learners = learners
    // Each start is a class of its own; otherwise learners would begin where the last run left them.
    plan = ClassPlan(
      courseID: "demo-\(now.description.prefix(19).filter { $0 != ":" && $0 != "-" })",
      learners: learners, seed: seed)
    startedAt = Timestamp(
      microseconds: now.microseconds - ClassPlan.minutesTaughtBefore * 60_000_000)
  }

  /// Where the page shows the class.
  func address(server: String) -> String { "\(server)/?course=\(plan.courseID)" }

  /// Runs until the task is cancelled, or until the server refuses what the class sends.
  func run(server: String, tell: @Sendable (String) -> Void) async {
    let transport = CurlTransport()
    do {
      try await ClassDelivery(server: server, transport: transport)
        .run(SimulatedClass(plan, startedAt: startedAt))
    } catch is CancellationError {
    } catch {
      tell("the simulated class has stopped: \(error)")
    }
    await transport.shutdown()
  }
}
