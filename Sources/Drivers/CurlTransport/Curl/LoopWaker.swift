internal import CLibCurl

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
