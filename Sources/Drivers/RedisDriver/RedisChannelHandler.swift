import NIOCore

/// Speaks RESP2 on one channel: commands go out in order, replies come back in the same order, and
/// what is sent within one tick of the event loop leaves in one write. Confined to the event loop.
final class RedisChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private struct Outstanding {
    let promise: EventLoopPromise<RedisReply>
    let sent: NIODeadline
    let patience: TimeAmount
  }

  /// Past this size the outgoing buffer is given back after use.
  private static let retainedBuffer = 256 * 1024

  private let options: RedisConnectionOptions
  private let parser = ReplyParser()
  private let lostPromise: EventLoopPromise<RedisError>
  private var context: ChannelHandlerContext?
  private var outgoing = ByteBuffer()
  private var flushScheduled = false
  private var outstanding = CircularBuffer<Outstanding>(initialCapacity: 32)
  private var lastHeard = NIODeadline.now()
  private var timer: Scheduled<Void>?
  private var failure: RedisError?
  private var pushed: (([RedisReply]) -> Void)?

  init(options: RedisConnectionOptions, eventLoop: any EventLoop) {
    self.options = options
    lostPromise = eventLoop.makePromise()
  }

  /// Completes once, at the latest when the channel closes, with why it is of no use any more.
  var lost: EventLoopFuture<RedisError> { lostPromise.futureResult }

  // MARK: Commands

  func send(_ command: RedisCommand, promise: EventLoopPromise<RedisReply>) {
    if let failure { return promise.fail(failure) }
    precondition(pushed == nil, "a subscription takes no commands")
    CommandEncoder.write(command, into: &outgoing)
    outstanding.append(
      Outstanding(
        promise: promise, sent: .now(), patience: options.responseTimeout + command.blocksFor))
    scheduleFlush()
    startResponseTimer()
  }

  /// Sends without waiting for a reply; for a connection in subscription mode, where replies and
  /// messages come as one stream.
  func sendUnanswered(_ commands: [RedisCommand]) {
    guard failure == nil else { return }
    for command in commands { CommandEncoder.write(command, into: &outgoing) }
    scheduleFlush()
  }

  /// From now on hands every reply to `receive`, all replies of one read together, and probes the
  /// server when it is silent.
  func enterSubscriptionMode(_ receive: @escaping ([RedisReply]) -> Void) {
    precondition(outstanding.isEmpty, "no command may be unanswered when a subscription begins")
    timer?.cancel()
    pushed = receive
    scheduleProbe()
  }

  func close(_ reason: RedisError) { fail(reason) }

  private func scheduleFlush() {
    guard !flushScheduled, let context else { return }
    flushScheduled = true
    context.eventLoop.assumeIsolated().execute { self.flush() }
  }

  private func flush() {
    flushScheduled = false
    guard failure == nil, let context, outgoing.readableBytes > 0 else { return }
    context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
    if outgoing.capacity > Self.retainedBuffer {
      outgoing = ByteBuffer()
    } else {
      outgoing.clear()
    }
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    fail(.connectionLost(reason: "the channel was torn down"))
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard failure == nil else { return }
    lastHeard = .now()
    do throws(RedisError) {
      let replies = try parser.parse(unwrapInboundIn(data))
      guard !replies.isEmpty else { return }
      if let pushed { return pushed(replies) }
      for reply in replies {
        guard let answered = outstanding.popFirst() else {
          // A completed promise may have closed the connection.
          guard failure == nil else { return }
          return fail(.malformedReply("a reply that nothing asked for"))
        }
        answered.promise.succeed(reply)
      }
    } catch {
      fail(error)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    fail(.connectionLost(reason: "the server closed it"))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(.connectionLost(reason: String(describing: error)))
  }

  private func fail(_ error: RedisError) {
    guard failure == nil else { return }
    failure = error
    timer?.cancel()
    pushed = nil
    context?.close(promise: nil)
    let unanswered = outstanding
    outstanding.removeAll()
    for command in unanswered { command.promise.fail(error) }
    lostPromise.succeed(error)
  }

  // MARK: Time

  /// One timer watches all commands: the server answers in order, so only the oldest one counts, and
  /// its time starts anew with whatever is heard.
  private func startResponseTimer() {
    guard timer == nil, let oldest = outstanding.first, let context else { return }
    let deadline = max(oldest.sent, lastHeard) + oldest.patience
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      self.timer = nil
      self.checkOldestCommand()
    }
  }

  private func checkOldestCommand() {
    guard let oldest = outstanding.first else { return }
    if NIODeadline.now() >= max(oldest.sent, lastHeard) + oldest.patience {
      fail(.timedOut(milliseconds: Int(oldest.patience.nanoseconds / 1_000_000)))
    } else {
      startResponseTimer()
    }
  }

  private func scheduleProbe() {
    guard let context, failure == nil else { return }
    let deadline = lastHeard + options.probeInterval
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      self.probeWhenSilent()
    }
  }

  private func probeWhenSilent() {
    guard let context, NIODeadline.now() >= lastHeard + options.probeInterval else {
      return scheduleProbe()
    }
    let heardBefore = lastHeard
    sendUnanswered([["PING"]])
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: options.responseTimeout) {
      guard self.lastHeard > heardBefore else {
        let milliseconds = self.options.responseTimeout.nanoseconds / 1_000_000
        return self.fail(.timedOut(milliseconds: Int(milliseconds)))
      }
      self.scheduleProbe()
    }
  }
}
