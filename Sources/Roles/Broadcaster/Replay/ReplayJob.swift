import Concurrency
import EventBus
import NIOCore

/// A subscriber that is to be given what it missed.
struct ReplayJob: Sendable {
  let subscriber: NIOLoopBound<Subscriber>
  let eventLoop: any EventLoop
  let after: StreamID
  let filter: CourseFilter

  /// Reads page after page, each once the connection has room, until the subscriber is live or gone.
  func run(
    journal: any Journal, gate: ReplayGate, configuration: BroadcastConfiguration
  ) async {
    var replay = JournalReplay(
      journal: journal, after: after, pageSize: configuration.replayPageSize)
    var retries = Retries(configuration.replayBackoff)
    while !Task.isCancelled {
      do {
        await gate.enter()
        let result = await Self.read(&replay)
        await gate.leave()
        let step = try result.get()
        retries.succeeded()
        let page = ReplayPage(
          step, position: replay.position, filter: filter,
          maximumFrameSize: configuration.maximumFrameSize)
        let subscriber = subscriber
        let goesOn = try await eventLoop.flatSubmit { subscriber.value.replayed(page) }.get()
        guard goesOn else { return }
        // The line is ahead of what the journal has just shown.
        if page.isEnd { try await Task.sleep(for: .milliseconds(20)) }
      } catch is BusError {
        let delay = retries.failed()
        guard retries.failures <= configuration.replayRetries else { break }
        // Cancelled only when the hub stops; the loop's condition sees it.
        try? await Task.sleep(for: delay)
      } catch {
        // The hub stops, or the event loop has: the connection goes with them.
        break
      }
    }
    let subscriber = subscriber
    eventLoop.execute { subscriber.value.replayFailed() }
  }

  private static func read(
    _ replay: inout JournalReplay
  ) async -> Result<JournalReplay.Step, BusError> {
    do { return .success(try await replay.next()) } catch { return .failure(error) }
  }
}
