internal import CurlTransport
internal import Foundation

/// What the server's answer means for the events that were sent.
enum DeliveryVerdict: Equatable {
  /// Accounted for; `fault` tells why some were refused.
  case delivered(fault: String?)
  /// To be sent again, not before `after` when the server named a time.
  case retry(after: Duration?)
  /// Sending them again would end the same way.
  case refused(String)

  init(_ response: HTTPResponse) {
    switch response.status {
    case 202: self = .delivered(fault: nil)
    case 207, 422:
      self = .delivered(fault: String(decoding: response.body.prefix(400), as: UTF8.self))
    case 408, 429, 500...599: self = .retry(after: response.retryAfter)
    default: self = .refused("the server answered \(response.status)")
    }
  }
}
