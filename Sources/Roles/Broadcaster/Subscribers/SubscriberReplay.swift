import Concurrency
import EventBus
import Events
import NIOCore

/// A subscriber that is to be given what it missed.
struct SubscriberReplay: Sendable {
  let subscriber: NIOLoopBound<Subscriber>
  let eventLoop: any EventLoop
  let after: JournalCursor
  let filter: CourseFilter

  /// Reads page after page, each once the connection has room, until the subscriber is live or gone.
  func run(
    journal: any Journal, limiter: ReplayLimiter, configuration: BroadcastConfiguration
  ) async {
    var replay = JournalReplay(journal: journal, after: after, configuration)
    var retries = Retries(configuration.replayBackoff)
    while !Task.isCancelled {
      do {
        await limiter.acquire()
        let start = replay.position
        let result = await Self.read(&replay)
        await limiter.release()
        let step = try result.get()
        retries.succeeded()
        let page = ReplayPage(
          step, from: start, through: replay.position, filter: filter,
          maximumFrameSize: configuration.maximumFrameSize)
        let subscriber = subscriber
        let goesOn = try await eventLoop.flatSubmit { subscriber.value.replayed(page) }.get()
        guard goesOn else { return }
        // The sequence is ahead of what the journal has just shown.
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
    eventLoop.execute {
      subscriber.value.replayFailed("the journal cannot be read; come back later")
    }
  }

  private static func read(
    _ replay: inout JournalReplay
  ) async -> Result<JournalReplay.Step, BusError> {
    do { return .success(try await replay.next()) } catch { return .failure(error) }
  }
}

/// A step of a replay, ready to be sent.
struct ReplayPage: Sendable {
  var gap: Gap?
  var frames: [ByteBuffer] = []
  /// The events in the frames.
  var count = 0
  /// Everything up to here has been read.
  let position: JournalCursor
  /// The journal had nothing more to give.
  var isEnd = false

  init(
    _ step: JournalReplay.Step, from start: JournalCursor, through position: JournalCursor,
    filter: CourseFilter, maximumFrameSize: Int
  ) {
    self.position = position
    switch step {
    case .end: isEnd = true
    case .gap(let gap), .restart(let gap): self.gap = gap
    case .entries(let entries):
      var messages = entries.compactMap { LiveMessage($0) }
      if case .courses = filter {
        var reader = EventCourseReader()
        messages.removeAll { message in
          let course = message.payload.withUnsafeReadableBytes { reader.course(of: $0) }
          return course.map { !filter.admits($0) } ?? true
        }
      }
      count = messages.count
      frames = EventFrames.frames(
        messages, from: start, through: position, maximumSize: maximumFrameSize)
    }
  }
}

/// Lets a bounded number of replays read the journal at once, first come, first served: when the
/// server comes back, all its dashboards do.
actor ReplayLimiter {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(width: Int) {
    free = width
  }

  func acquire() async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func release() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}
