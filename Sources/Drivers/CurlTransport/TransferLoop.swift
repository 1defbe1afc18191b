internal import CLibCurl
internal import Foundation

/// The body of the curl thread: owns the multi handle and every transfer, and lets nothing of them
/// leave the thread but the waker.
struct TransferLoop {
  /// How long one wait may last when nothing happens. Work and timeouts end it early.
  private static let longestWaitInMilliseconds: Int32 = 60_000

  private let inbox: TransferInbox
  private let multi: UnsafeMutableRawPointer
  private let configuration: CurlConfiguration
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]

  /// Runs until the inbox is closed.
  static func run(inbox: TransferInbox, configuration: CurlConfiguration) {
    if let failure = CurlLibrary.failure {
      refuseAll(inbox, failure)
    } else if let multi = curl_multi_init() {
      var loop = TransferLoop(inbox: inbox, multi: multi, configuration: configuration)
      inbox.attach(LoopWaker(multi))
      loop.run()
      inbox.detach()
      curl_multi_cleanup(multi)
    } else {
      refuseAll(inbox, "libcurl cannot make a multi handle")
    }
    inbox.noteEnd()
  }

  /// Without libcurl nothing can be sent: says so to whoever is waiting, and closes.
  private static func refuseAll(_ inbox: TransferInbox, _ failure: String) {
    inbox.close()
    for submission in inbox.take().submissions { submission.fail(.failed(failure)) }
  }

  private init(
    inbox: TransferInbox, multi: UnsafeMutableRawPointer, configuration: CurlConfiguration
  ) {
    self.inbox = inbox
    self.multi = multi
    self.configuration = configuration
    curl_multi_set_long(
      multi, CURLMOPT_MAX_HOST_CONNECTIONS, max(1, configuration.connectionsPerHost))
  }

  private mutating func run() {
    while true {
      let work = inbox.take()
      if work.isClosing {
        for submission in work.submissions { submission.fail(.closed) }
        break
      }
      for submission in work.submissions { start(submission) }
      if work.mayHaveCancellations { abandonCancelled() }
      var running: Int32 = 0
      abandonAllUnless(curl_multi_perform(multi, &running))
      finishDone()
      abandonAllUnless(curl_multi_poll(multi, nil, 0, Self.longestWaitInMilliseconds, nil))
    }
    abandonAll(.closed)
  }

  private mutating func start(_ submission: Submission) {
    guard !submission.cancellation.isRequested else { return submission.fail(.cancelled) }
    do throws(TransportError) {
      let transfer = try Transfer(submission, configuration: configuration)
      let added = curl_multi_add_handle(multi, transfer.easy)
      guard added == CURLM_OK else {
        return submission.fail(.failed(String(cString: curl_multi_strerror(added))))
      }
      transfers[transfer.easy] = transfer
    } catch {
      submission.continuation.resume(returning: .failure(error))
    }
  }

  private mutating func finishDone() {
    var remaining: Int32 = 0
    while let message = curl_multi_info_read(multi, &remaining) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let transfer = remove(easy, code: message.pointee.data.result)
      else { continue }
      transfer.0.finish(transfer.1)
    }
  }

  /// Takes the transfer out of curl's hands. The code is read by the caller first: the message is
  /// gone once the handle is removed.
  private mutating func remove(
    _ easy: UnsafeMutableRawPointer, code: CURLcode
  ) -> (Transfer, CURLcode)? {
    curl_multi_remove_handle(multi, easy)
    return transfers.removeValue(forKey: easy).map { ($0, code) }
  }

  private mutating func abandonCancelled() {
    for (easy, transfer) in transfers where transfer.isCancelled {
      curl_multi_remove_handle(multi, easy)
      transfers.removeValue(forKey: easy)
      transfer.abandon(.cancelled)
    }
  }

  /// Memory or file descriptors ran out: fails what is under way, and pauses so that a failing wait
  /// does not make the loop spin.
  private mutating func abandonAllUnless(_ code: CURLMcode) {
    guard code != CURLM_OK else { return }
    abandonAll(.failed(String(cString: curl_multi_strerror(code))))
    usleep(10_000)
  }

  private mutating func abandonAll(_ reason: TransportError.Reason) {
    for (easy, transfer) in transfers {
      curl_multi_remove_handle(multi, easy)
      transfer.abandon(reason)
    }
    transfers.removeAll()
  }
}

enum CurlLibrary {
  /// Sets libcurl up once a process, before any handle is made; nil when it worked, else why not.
  static let failure: String? = {
    let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    return code == CURLE_OK ? nil : text(of: code)
  }()

  /// The library's fixed text for a code.
  static func text(of code: CURLcode) -> String {
    String(cString: curl_easy_strerror(code))
  }
}
