internal import CLibCurl
internal import HTTPTypes

/// One request under way: its easy handle, and what has come back so far.
///
/// Lives on the curl thread alone. libcurl's callbacks reach it through an unretained pointer, which
/// is sound because they run inside `curl_multi_perform` only, while the loop holds the transfer.
final class Transfer {
  /// The most bytes of header lines that are kept: far above what servers send.
  static let headerLimit = 128 << 10

  let easy: UnsafeMutableRawPointer
  private let submission: Submission
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var sentBytes = 0
  private var headerBytes = 0
  private var headers = HTTPFields()
  private var body: [UInt8] = []
  private var isTooLarge = false

  var request: TransportRequest { submission.request }
  var isCancelled: Bool { submission.cancellation.isRequested }

  init(_ submission: Submission, configuration: CurlConfiguration) throws(TransportError) {
    guard let easy = curl_easy_init() else {
      throw TransportError(.failed("libcurl cannot make an easy handle"))
    }
    self.easy = easy
    self.submission = submission
    self.headerList = try TransferOptions(easy: easy, request: submission.request)
      .apply(configuration, context: Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
  }

  // MARK: The end

  func finish(_ code: CURLcode) {
    guard code == CURLE_OK else { return abandon(reason(of: code)) }
    submission.continuation.resume(
      returning: .success(
        TransportResponse(status: number(CURLINFO_RESPONSE_CODE), headers: headers, body: body)))
  }

  func abandon(_ reason: TransportError.Reason) {
    submission.continuation.resume(
      returning: .failure(TransportError(reason, mayHaveReachedServer: hasSentSomething)))
  }

  private var hasSentSomething: Bool { number(CURLINFO_REQUEST_SIZE) > 0 }

  private func number(_ info: CURLINFO) -> Int {
    var value = 0
    curl_easy_get_long(easy, info, &value)
    return value
  }

  private func reason(of code: CURLcode) -> TransportError.Reason {
    if isTooLarge { return .responseTooLarge }
    switch code {
    // The same code tells of an answer without a status line.
    case CURLE_UNSUPPORTED_PROTOCOL where hasSentSomething: return .malformedResponse
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return .invalidURL
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .cannotResolve
    case CURLE_COULDNT_CONNECT: return .cannotConnect
    case CURLE_OPERATION_TIMEDOUT: return .timedOut
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
      CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
      return .connectionLost
    case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: return .malformedResponse
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED:
      return .tls
    default: return .failed(CurlLibrary.text(of: code))
    }
  }

  // MARK: What libcurl asks and tells

  /// Takes one header line; returns whether it was taken.
  func receiveHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    guard headerBytes <= Self.headerLimit else {
      isTooLarge = true
      return false
    }
    // Each response has its own head; the last one counts, behind a 100 or a proxy's 200.
    if line.starts(with: "HTTP/".utf8) {
      headers = HTTPFields()
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")),
      let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
    {
      // The white space around a value goes.
      headers.append(HTTPField(name: name, value: line[(colon + 1)...].trimmingWhitespace()))
    }
    return true
  }

  /// Takes a part of the body; returns whether it was taken.
  func receiveBody(_ part: UnsafeRawBufferPointer) -> Bool {
    guard body.count + part.count <= request.responseLimit else {
      isTooLarge = true
      return false
    }
    body.append(contentsOf: part)
    return true
  }

  /// Fills `room` with the next bytes of the request's body; returns how many.
  func provideBody(_ room: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(room.count, request.body.count - sentBytes)
    request.body.withUnsafeBytes { bytes in
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[sentBytes..<sentBytes + count]))
    }
    sentBytes += count
    return count
  }

  /// libcurl goes back when a kept connection turns out to be dead and it sends the request anew.
  func seekBody(to offset: Int) -> Bool {
    guard (0...request.body.count).contains(offset), request.mayBeResent || sentBytes <= offset
    else { return false }
    sentBytes = offset
    return true
  }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate func trimmingWhitespace() -> Self {
    func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    var slice = self
    while let first = slice.first, isWhitespace(first) { slice.removeFirst() }
    while let last = slice.last, isWhitespace(last) { slice.removeLast() }
    return slice
  }
}
