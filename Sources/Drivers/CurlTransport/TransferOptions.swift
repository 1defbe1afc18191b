internal import CLibCurl
internal import Concurrency
internal import HTTPTypes

/// Tells an easy handle what to do.
struct TransferOptions {
  let easy: UnsafeMutableRawPointer
  let request: TransportRequest

  /// - Parameter context: what the callbacks get: an unretained `Transfer`.
  /// - Returns: the list of headers, which libcurl reads while the transfer lasts.
  func apply(
    _ configuration: CurlConfiguration, context: UnsafeMutableRawPointer
  ) throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
    try applyURL()
    try applyTimeouts()
    try applyBehaviour(configuration)
    try applyMethod()
    try applyCallbacks(context)
    return try applyHeaders()
  }

  private func applyURL() throws(TransportError) {
    // A C string would end at the NUL.
    guard !request.url.utf8.contains(0) else { throw TransportError(.invalidURL) }
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_URL, request.url)
  }

  private func applyTimeouts() throws(TransportError) {
    try set(CURLOPT_CONNECTTIMEOUT_MS, try milliseconds(request.connectTimeout, "connectTimeout"))
    try set(CURLOPT_TIMEOUT_MS, try milliseconds(request.timeout, "timeout"))
    // Signals would interrupt other threads; the resolver has a thread of its own.
    try set(CURLOPT_NOSIGNAL, 1)
    // Otherwise a slow resolver, abandoned, would hold up every other transfer until it returns.
    try set(CURLOPT_QUICK_EXIT, 1)
  }

  private func applyBehaviour(_ configuration: CurlConfiguration) throws(TransportError) {
    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    if let file = configuration.certificateAuthorityFile { try set(CURLOPT_CAINFO, file) }
    try set(CURLOPT_USERAGENT, configuration.userAgent)
    try set(CURLOPT_ACCEPT_ENCODING, "gzip")
    try set(CURLOPT_TCP_KEEPALIVE, 1)
    try set(CURLOPT_FOLLOWLOCATION, 0)
  }

  private func applyMethod() throws(TransportError) {
    switch request.method {
    case .get where request.body.isEmpty: try set(CURLOPT_HTTPGET, 1)
    case .head: try set(CURLOPT_NOBODY, 1)
    case .delete where request.body.isEmpty:
      try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    default:
      try set(CURLOPT_POST, 1)
      try check(
        curl_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
      if request.method != .post { try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }
  }

  private func applyCallbacks(_ context: UnsafeMutableRawPointer) throws(TransportError) {
    for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA] {
      try check(curl_easy_set_pointer(easy, option, context))
    }
    try check(
      curl_easy_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
        let part = UnsafeRawBufferPointer(start: data, count: size * count)
        return transfer(context).receiveBody(part) ? part.count : Int(CURL_WRITEFUNC_ERROR)
      })
    try check(
      curl_easy_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
        let line = UnsafeRawBufferPointer(start: data, count: size * count)
        return transfer(context).receiveHeaderLine(line) ? line.count : Int(CURL_WRITEFUNC_ERROR)
      })
    try check(
      curl_easy_set_data_callback(easy, CURLOPT_READFUNCTION) { data, size, count, context in
        transfer(context).provideBody(
          UnsafeMutableRawBufferPointer(start: data, count: size * count))
      })
    try check(
      curl_easy_set_seek_callback(easy) { context, offset, _ in
        transfer(context).seekBody(to: Int(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
      })
  }

  private func applyHeaders() throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
    // Waiting for "100 Continue" costs a second with servers that do not know it, and a body without
    // a type is not a form.
    var lines = ["Expect:"]
    if request.headers[.contentType] == nil { lines.append("Content-Type:") }
    // An HTTPField is well-formed: nothing in it can break out of its line.
    for field in request.headers {
      // "Name:" would remove the header; "Name;" sends it empty (CURLOPT_HTTPHEADER(3)).
      lines.append(
        field.value.isEmpty ? "\(field.name.rawName);" : "\(field.name.rawName): \(field.value)")
    }
    var list: UnsafeMutablePointer<curl_slist>?
    do throws(TransportError) {
      for line in lines {
        guard let longer = curl_slist_append(list, line) else {
          throw TransportError(.failed(CurlLibrary.text(of: CURLE_OUT_OF_MEMORY)))
        }
        list = longer
      }
      try check(curl_easy_set_headers(easy, list))
    } catch {
      curl_slist_free_all(list)
      throw error
    }
    return list
  }

  private func milliseconds(_ duration: Duration, _ name: String) throws(TransportError) -> Int {
    // libcurl keeps it in 32 bits on some systems; 0 would mean no limit at all.
    guard duration > .zero, duration < .seconds(2_000_000) else {
      throw TransportError(.invalidRequest("\(name) is not between 1 ms and 2,000,000 s"))
    }
    return max(1, Int(duration.wholeMilliseconds))
  }

  private func set(_ option: CURLoption, _ value: Int) throws(TransportError) {
    try check(curl_easy_set_long(easy, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws(TransportError) {
    try check(curl_easy_set_string(easy, option, value))
  }

  private func check(_ code: CURLcode) throws(TransportError) {
    guard code == CURLE_OK else {
      throw TransportError(
        code == CURLE_URL_MALFORMAT ? .invalidURL : .failed(CurlLibrary.text(of: code)))
    }
  }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer {
  guard let context else { preconditionFailure("libcurl calls back with the context it was given") }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}
