import Concurrency
public import CoreMetrics
public import EventBus
public import Logging
import NIOConcurrencyHelpers
public import NIOCore
public import ServiceLifecycle

/// Relays the channel to any number of WebSockets, in order, each event once, with replay from the
/// journal.
///
/// It hears the bus as a `ChannelListener`; `run()` must run beside it, because it reads the journal
/// there. Any thread.
public final class BroadcastHub: ChannelListener, Service {
  struct State {
    var sequence: BroadcastSequence
    /// Which event loops have subscribers.
    var activeSlots: Set<Int> = []
    var subscribers = 0
    /// Subscribers who are being given what they missed.
    var replays = 0
    /// Event loops that are still busy with the last dispatch.
    var busy = 0
    /// How the subscribers stand after it, as far as event loops have finished.
    var reading = CongestionControl.Reading()
    var congestion = CongestionControl()
    /// Resumed once nothing waits to be sent.
    var drained: CheckedContinuation<Void, Never>?
  }

  enum Job: Sendable {
    case catchUp(BroadcastSequence.Generation)
    case replay(SubscriberReplay)
  }

  /// How often subscribers that are behind are looked at.
  private static let probeInterval = TimeAmount.milliseconds(10)

  let configuration: BroadcastConfiguration
  let metrics: BroadcastMetrics
  let journal: any Journal
  /// Of the journal.
  let partitionCount: Int
  let logger: Logger
  private let eventLoops: [any EventLoop]
  private let slots: [ObjectIdentifier: Int]
  /// One an event loop, made when its first subscriber comes.
  private let groups: [NIOLoopBoundBox<SubscriberGroup?>]
  private let replayLimiter: ReplayLimiter
  let state: NIOLockedValueBox<State>
  private let jobs: AsyncStream<Job>
  let addJob: AsyncStream<Job>.Continuation

  /// - Parameter eventLoopGroup: the group that serves the connections.
  public init(
    journal: any Journal, eventLoopGroup: any EventLoopGroup,
    configuration: BroadcastConfiguration = .init(),
    metrics factory: any MetricsFactory = MetricsSystem.factory, logger: Logger
  ) {
    self.journal = journal
    partitionCount = journal.partitions.count
    metrics = BroadcastMetrics(factory: factory)
    self.configuration = configuration
    self.logger = logger
    let eventLoops = Array(eventLoopGroup.makeIterator())
    self.eventLoops = eventLoops
    slots = Dictionary(
      uniqueKeysWithValues: eventLoops.enumerated().map { (ObjectIdentifier($1), $0) })
    groups = eventLoops.map {
      NIOLoopBoundBox.makeEmptyBox(valueType: SubscriberGroup.self, eventLoop: $0)
    }
    let sequence = BroadcastSequence(
      maximumFrameSize: configuration.maximumFrameSize,
      maximumPendingBytes: configuration.maximumPendingBytes,
      partitions: partitionCount)
    state = NIOLockedValueBox(State(sequence: sequence))
    replayLimiter = ReplayLimiter(width: configuration.simultaneousReplayReads)
    (jobs, addJob) = AsyncStream.makeStream(of: Job.self)
  }

  /// Reads the journal for whoever needs it, until the task is cancelled or a graceful shutdown
  /// begins; replays that are under way then end.
  public func run() async throws {
    await withDiscardingTaskGroup { group in
      if partitionCount > 1 { group.addTask { await self.compareWithJournal() } }
      for await job in jobs.cancelOnGracefulShutdown() {
        group.addTask {
          switch job {
          case .catchUp(let generation): await self.catchUp(generation)
          case .replay(let job):
            await job.run(
              journal: self.journal, limiter: self.replayLimiter, configuration: self.configuration)
            self.endReplay()
          }
        }
      }
      addJob.finish()
      group.cancelAll()
    }
  }

  // MARK: The channel

  public func channelSubscribed() {
    let generation = state.withLockedValue { $0.sequence.subscribed() }
    addJob.yield(.catchUp(generation))
  }

  public func channelReceived(_ messages: [ChannelMessage]) {
    let overflow = state.withLockedValue { $0.sequence.received(messages) }
    if let overflow {
      logger.warning(
        partitionCount == 1
          ? "too many events wait for the subscribers; going on from the journal"
          : "too many events wait for the subscribers, or the channel lost one; going on from the journal"
      )
      addJob.yield(.catchUp(overflow))
    }
    sendNext()
  }

  public func channelLost(_ reason: BusError) {
    state.withLockedValue { $0.sequence.lost() }
    logger.warning("the channel is lost", metadata: ["reason": "\(reason)"])
  }

  // MARK: Sending out

  /// Sends out what waits, unless event loops are still busy with what went before: meanwhile events
  /// gather, and go out in fewer frames.
  func sendNext() {
    while true {
      let next: (dispatch: Dispatch, slots: Set<Int>)? = state.withLockedValue { state in
        guard state.busy == 0 else { return nil }
        guard let dispatch = state.sequence.next() else {
          state.drained?.resume()
          state.drained = nil
          return nil
        }
        state.busy = state.activeSlots.count
        return (dispatch, state.activeSlots)
      }
      guard let next else { return }
      for slot in next.slots {
        let group = groups[slot]
        eventLoops[slot].execute {
          group.value?.deliver(next.dispatch)
          self.finishedDispatch(on: group.value)
        }
      }
      if !next.slots.isEmpty { return }
    }
  }

  private func finishedDispatch(on group: SubscriberGroup?) {
    let reading = group?.reading() ?? CongestionControl.Reading()
    // Nil while other event loops are busy; otherwise those to look at again.
    let waitingFor: Set<Int>? = state.withLockedValue { state in
      state.reading = state.reading + reading
      state.busy -= 1
      guard state.busy == 0 else { return nil }
      let waits = state.congestion.shouldWait(state.reading, now: .now())
      state.reading = CongestionControl.Reading()
      guard waits else { return [] }
      state.busy = state.activeSlots.count
      return state.activeSlots
    }
    guard let waitingFor else { return }
    if waitingFor.isEmpty { return sendNext() }
    for slot in waitingFor {
      let group = groups[slot]
      eventLoops[slot].scheduleTask(in: Self.probeInterval) {
        self.finishedDispatch(on: group.value)
      }
    }
  }

  func waitUntilDrained() async {
    await withCheckedContinuation { continuation in
      let isDrained = state.withLockedValue { state in
        if state.busy == 0 && state.sequence.isDrained { return true }
        // A run of catching up that has become void may still wait.
        state.drained?.resume()
        state.drained = continuation
        return false
      }
      if isDrained { continuation.resume() }
    }
  }

  // MARK: Subscribers

  /// Subscribers at this moment.
  public var subscriberCount: Int { state.withLockedValue { $0.subscribers } }

  /// Whether one more subscriber may come. One that was told so may still be refused: it counts once its
  /// WebSocket stands.
  var takesSubscribers: Bool { subscriberCount < configuration.maximumSubscribers }

  /// Subscribers at this moment who are being given what they missed.
  public var replayCount: Int { state.withLockedValue { $0.replays } }

  /// Whether positions are known and move on, so that a subscriber may come.
  public var isOpen: Bool { state.withLockedValue { $0.sequence.isOpen } }

  /// The subscribers of an event loop; call it there.
  func group(on eventLoop: any EventLoop) -> SubscriberGroup {
    guard let slot = slots[ObjectIdentifier(eventLoop)] else {
      preconditionFailure("the hub was not made with the group that serves its connections")
    }
    if let group = groups[slot].value { return group }
    let group = SubscriberGroup(hub: self, slot: slot)
    groups[slot].value = group
    return group
  }

  /// Closes the subscribers whose tokens have ended or were revoked, on their event loops.
  public func lookAtStays() {
    let active = state.withLockedValue { $0.activeSlots }
    for slot in active {
      let group = groups[slot]
      eventLoops[slot].execute { group.value?.lookAtStays() }
    }
  }

  /// - Returns: where the sequence stands, for an event loop that was not told so far.
  func joined(slot: Int) -> (newest: JournalCursor, lastDispatch: UInt64) {
    state.withLockedValue { state in
      state.activeSlots.insert(slot)
      state.subscribers += 1
      metrics.subscribers(state.subscribers)
      return (
        state.sequence.newest ?? JournalCursor(partitions: partitionCount), state.sequence.number
      )
    }
  }

  func left(slot: Int, isLast: Bool) {
    state.withLockedValue { state in
      if isLast { state.activeSlots.remove(slot) }
      state.subscribers -= 1
      metrics.subscribers(state.subscribers)
    }
  }

  /// Whether one more subscriber may ask for what it missed. One that was told so may still be refused:
  /// it counts once its WebSocket stands.
  var takesReplays: Bool { replayCount < configuration.maximumReplays }

  /// Call it on the subscriber's event loop.
  func startReplay(_ job: SubscriberReplay) {
    guard beginReplay() else {
      metrics.replayRefused()
      return job.subscriber.value.replayFailed("too many replay; come back later")
    }
    if case .terminated = addJob.yield(.replay(job)) {
      endReplay()
      job.subscriber.value.replayFailed("the server is shutting down")
    }
  }

  private func beginReplay() -> Bool {
    state.withLockedValue { state in
      guard state.replays < configuration.maximumReplays else { return false }
      state.replays += 1
      metrics.replays(state.replays)
      return true
    }
  }

  private func endReplay() {
    state.withLockedValue { state in
      state.replays -= 1
      metrics.replays(state.replays)
    }
  }
}
