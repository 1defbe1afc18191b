import EventBus
import HTTPServer
import NIOCore
import NIOWebSocket

/// One dashboard's subscription. Lives on the event loop of its connection.
final class Subscriber: WebSocketSession {
  let filter: CourseFilter
  /// Its place in the group; the group's business.
  var index = 0

  private let hub: BroadcastHub
  private let group: SubscriberGroup
  private let connection: WebSocketConnection
  private let after: JournalCursor?
  private let stay: SubscriberStay
  private var state: SubscriberState?
  private var writable: EventLoopPromise<Void>?
  private var backlog: BacklogProgress?
  /// Rings when a replay has waited for its connection.
  private var stallTimer: Scheduled<Void>?
  /// Rings when its token may have ended.
  private var stayTimer: Scheduled<Void>?

  init(
    filter: CourseFilter, after: JournalCursor?, stay: SubscriberStay,
    connection: WebSocketConnection,
    group: SubscriberGroup, hub: BroadcastHub
  ) {
    self.filter = filter
    self.after = after
    self.stay = stay
    self.connection = connection
    self.group = group
    self.hub = hub
  }

  // MARK: The connection

  func webSocketOpened() {
    guard hub.takesSubscribers else {
      hub.metrics.subscriberRefused()
      return connection.close(
        code: .tryAgainLater, reason: "too many subscribers; come back later")
    }
    let newest = group.join(self)
    let state = SubscriberState(
      newest: newest, after: after, maximumHeldBytes: hub.configuration.maximumHeldBytes)
    self.state = state
    // Between the handshake and here the token may have been revoked.
    guard mayStay() else { return }
    connection.send(frame: ControlFrame.hello(hub.partitionCount == 1 ? newest : state.position))
    guard state.phase == .replaying else { return }
    hub.startReplay(
      SubscriberReplay(
        subscriber: NIOLoopBound(self, eventLoop: connection.eventLoop),
        eventLoop: connection.eventLoop, after: state.position, filter: filter))
  }

  /// Dashboards have nothing to say; what they send is bounded by the connection.
  func webSocketReceived(text: ByteBuffer) {}
  func webSocketReceived(binary: ByteBuffer) {}

  func webSocketBecameWritable() { goOn() }

  func webSocketClosed() {
    guard state != nil else { return }
    leave()
  }

  // MARK: The sequence

  /// - Parameter selection: what the broadcast holds for the filter.
  /// - Returns: how many events went out now.
  func deliver(_ broadcast: Broadcast, _ selection: Broadcast.Selection) -> Int {
    let selected: Broadcast.Selection
    switch state?.received(broadcast) {
    case .send: selected = selection
    case .sendRest(let position): selected = broadcast.selection(for: filter, after: position)
    case .keepBack, .drop, nil: return 0
    }
    guard let frame = selected.frame else { return 0 }
    send(frame)
    return selected.count
  }

  func announce(_ gap: Gap, isRestart: Bool) {
    guard let state, state.phase != .closed else { return }
    // A replay finds the other gaps by itself.
    guard isRestart || state.phase == .live else { return }
    if isRestart, state.phase == .replaying, hub.partitionCount > 1 {
      // What it was given of the partition says nothing any more; the others have still to be read.
      return close(
        code: .tryAgainLater, reason: "a part of the journal began anew; come back", timeout: nil)
    }
    self.state?.restarted()
    sendGap(gap)
  }

  /// Whether its connection has more waiting than it should, and reads on. A replay has its
  /// own pace.
  func isBehindButReading(now: NIODeadline) -> Bool {
    guard !connection.isWritable, state?.phase == .live else {
      backlog = nil
      return false
    }
    let outstanding = connection.outstandingBytes
    var progress = backlog ?? BacklogProgress(outstandingBytes: outstanding, now: now)
    defer { backlog = progress }
    return progress.isProgressing(outstandingBytes: outstanding, now: now)
  }

  // MARK: The stay

  /// Closes one whose token has ended or was revoked, and watches the others.
  @discardableResult
  func mayStay() -> Bool {
    guard let state, state.phase != .closed else { return false }
    stayTimer?.cancel()
    stayTimer = nil
    guard !stay.isOver else {
      close(code: .accessEnded, reason: "the token has ended", timeout: nil)
      return false
    }
    guard let wait = stay.nextLook else { return true }
    stayTimer = connection.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
      mayStay()
      return ()
    }
    return true
  }

  // MARK: The replay

  /// - Returns: true to read on behind the position, false to end the replay; once the connection can
  ///   take more.
  func replayed(_ page: ReplayPage) -> EventLoopFuture<Bool> {
    let eventLoop = connection.eventLoop
    guard state?.phase == .replaying, connection.isOpen else {
      return eventLoop.makeSucceededFuture(false)
    }
    if let gap = page.gap { sendGap(gap) }
    for frame in page.frames { connection.send(frame: frame) }
    hub.metrics.sent(page.count)
    switch state?.replayed(through: page.position) {
    case .continue:
      if connection.isWritable { return eventLoop.makeSucceededFuture(true) }
      let promise = writable ?? eventLoop.makePromise()
      writable = promise
      watchForStall(owing: connection.outstandingBytes)
      return promise.futureResult.map { true }
    case .live(let broadcasts, let position):
      for broadcast in broadcasts {
        let selection = broadcast.selection(for: filter, after: position)
        guard let frame = selection.frame else { continue }
        send(frame)
        hub.metrics.sent(selection.count)
      }
      return eventLoop.makeSucceededFuture(false)
    case .stop, nil:
      return eventLoop.makeSucceededFuture(false)
    }
  }

  func replayFailed(_ reason: String) {
    guard state?.phase == .replaying else { return }
    close(code: .tryAgainLater, reason: reason, timeout: nil)
  }

  /// A client that answers pings but takes nothing of its replay must not hold a place for ever.
  private func watchForStall(owing owed: Int) {
    stallTimer?.cancel()
    stallTimer = connection.eventLoop.assumeIsolated().scheduleTask(
      in: hub.configuration.replayStallTimeout
    ) { [self] in
      guard writable != nil else { return }
      let outstanding = connection.outstandingBytes
      if outstanding < owed { return watchForStall(owing: outstanding) }
      closeAsTooSlow("too slow: nothing of the replay was read")
    }
  }

  // MARK: Private

  private func goOn() {
    stallTimer?.cancel()
    stallTimer = nil
    writable?.succeed()
    writable = nil
  }

  private func send(_ frame: ByteBuffer) {
    connection.send(frame: frame)
    backlog?.sent(frame.readableBytes)
    guard !connection.isWritable,
      connection.outstandingBytes > hub.configuration.maximumOutstandingBytes
    else { return }
    closeAsTooSlow("too slow: the queue is full")
  }

  private func closeAsTooSlow(_ reason: String) {
    hub.metrics.slowClosed()
    close(code: .tooSlow, reason: reason, timeout: hub.configuration.slowCloseTimeout)
  }

  private func sendGap(_ gap: Gap) {
    hub.metrics.gap()
    connection.send(frame: ControlFrame.gap(gap))
  }

  private func close(code: WebSocketErrorCode, reason: String, timeout: TimeAmount?) {
    leave()
    connection.close(code: code, reason: reason, timeout: timeout)
  }

  private func leave() {
    guard state?.phase != .closed else { return }
    state?.close()
    stayTimer?.cancel()
    stayTimer = nil
    group.leave(self)
    goOn()
  }
}
