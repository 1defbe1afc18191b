internal import CLibCurl
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Where tasks leave work for the curl thread.
///
/// No wake-up is lost: whoever leaves work changes the state first and wakes the loop after, and a
/// wake-up that comes while the loop is not waiting ends its next wait at once
/// (curl_multi_wakeup(3)). The loop takes everything there is each time round.
///
/// A cancelled request is always seen: the flag in its `Cancellation` is set before
/// `noteCancellation`, and the loop looks at the flag when it starts a request and, after every
/// note, at those under way. A note for a request that has ended finds nothing.
final class TransferInbox: Sendable {
  /// What the loop finds when it looks.
  struct Work {
    var submissions: [Submission] = []
    var mayHaveCancellations = false
    var isClosing = false
  }

  private struct State {
    var work = Work()
    var waker: LoopWaker?
    var hasEnded = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = NIOLockedValueBox(State())

  func submit(_ submission: Submission) {
    let isAccepted = state.withLockedValue { state in
      guard !state.work.isClosing else { return false }
      state.work.submissions.append(submission)
      state.waker?.wake()
      return true
    }
    if !isAccepted { submission.fail(.closed) }
  }

  func noteCancellation() {
    state.withLockedValue { state in
      state.work.mayHaveCancellations = true
      state.waker?.wake()
    }
  }

  /// Refuses further work and tells the loop to end.
  func close() {
    state.withLockedValue { state in
      state.work.isClosing = true
      state.waker?.wake()
    }
  }

  func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLockedValue { state in
        if !state.hasEnded { state.waiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  // MARK: For the loop

  func attach(_ waker: LoopWaker) {
    state.withLockedValue { $0.waker = waker }
  }

  /// After this nobody wakes the loop, so that its handle may be freed.
  func detach() {
    state.withLockedValue { $0.waker = nil }
  }

  func take() -> Work {
    state.withLockedValue { state in
      let work = state.work
      state.work.submissions = []
      state.work.mayHaveCancellations = false
      return work
    }
  }

  func noteEnd() {
    let waiters = state.withLockedValue { state in
      state.hasEnded = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}

/// A request on its way to the curl thread.
struct Submission: Sendable {
  let request: TransportRequest
  let cancellation: Cancellation
  let continuation: CheckedContinuation<Result<TransportResponse, TransportError>, Never>

  func fail(_ reason: TransportError.Reason) {
    continuation.resume(returning: .failure(TransportError(reason)))
  }
}

/// Says that nobody waits for a request's answer any more.
final class Cancellation: Sendable {
  private let requested = Atomic<Bool>(false)

  var isRequested: Bool { requested.load(ordering: .acquiring) }

  func request() { requested.store(true, ordering: .releasing) }
}

/// Wakes the curl thread out of its wait.
///
/// Unchecked because it holds a pointer: it only ever passes it to `curl_multi_wakeup`, the one
/// function of a multi handle that any thread may call (curl_multi_wakeup(3)), and the inbox, under
/// whose lock it is called, drops it before the handle is freed.
struct LoopWaker: @unchecked Sendable {
  private let multi: UnsafeMutableRawPointer

  init(_ multi: UnsafeMutableRawPointer) {
    self.multi = multi
  }

  /// Fails only when the pipe is full, and then the loop is about to wake anyway.
  func wake() {
    _ = curl_multi_wakeup(multi)
  }
}
