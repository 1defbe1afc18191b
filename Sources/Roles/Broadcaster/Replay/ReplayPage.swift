import EventBus
import NIOCore

/// A step of a replay, ready to be sent.
struct ReplayPage: Sendable {
  var gap: Gap?
  var frames: [ByteBuffer] = []
  /// The events in the frames.
  var count = 0
  /// Everything up to here has been read.
  let position: StreamID
  /// The journal had nothing more to give.
  var isEnd = false

  init(
    _ step: JournalReplay.Step, position: StreamID, filter: CourseFilter, maximumFrameSize: Int
  ) {
    self.position = position
    switch step {
    case .end: isEnd = true
    case .gap(let gap), .restart(let gap): self.gap = gap
    case .entries(let entries):
      var payloads = entries.compactMap { LiveMessage($0)?.payload }
      if case .courses = filter {
        var lookup = CourseLookup()
        payloads.removeAll { payload in
          lookup.course(of: payload).map { !filter.admits($0) } ?? true
        }
      }
      count = payloads.count
      frames = EventFrames.frames(payloads, maximumSize: maximumFrameSize)
    }
  }
}
