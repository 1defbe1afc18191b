import Access
import ArgumentParser
import CurlTransport
import Demonstration
import Events
import ProgressBusServer

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

  /// The query with which the page shows the class.
  var query: String { "?course=\(plan.courseID)" }

  /// Runs until the task is cancelled, or until the server refuses what the class sends.
  ///
  /// - Parameter configuration: the server's: where it asks for tokens, the class makes its own.
  func run(
    server: String, _ configuration: ServerConfiguration, tell: @Sendable (String) -> Void
  ) async {
    let transport = CurlTransport()
    do {
      let course = plan.courseID
      let delivery = ClassDelivery(
        server: server, transport: transport,
        token: {
          guard configuration.asksForTokens else { return nil }
          return try AccessTokens.issue(
            scopes: [.ingestClass], subject: "demonstration", courses: [course], lifetime: 600,
            configuration)
        })
      try await delivery.run(SimulatedClass(plan, startedAt: startedAt))
    } catch is CancellationError {
    } catch {
      tell("the simulated class has stopped: \(error)")
    }
    await transport.shutdown()
  }
}

/// A class to look at.
struct DemonstrationOptions: ParsableArguments {
  @Flag(help: "Show a simulated class at work on the teachers' page.")
  var demo = false

  @Option(
    help: ArgumentHelp(
      "The size of the simulated class, \(ClassPlan.learnerRange.lowerBound) to \(ClassPlan.learnerRange.upperBound).",
      valueName: "count"))
  var demoLearners = 30

  @Option(
    help: ArgumentHelp(
      "Another number makes another class; the same number the same class.", valueName: "number"))
  var demoSeed = ClassPlan.defaultSeed

  func validate() throws {
    guard ClassPlan.learnerRange.contains(demoLearners) else {
      throw ValidationError(
        "--demo-learners must be in \(ClassPlan.learnerRange.lowerBound)...\(ClassPlan.learnerRange.upperBound)"
      )
    }
  }
}
