import Events
import HTTPServer
import NIOCore
import NIOHTTP1

/// How a client speaks HTTP with its server, where it is not as our own senders do. What it sends in one request is taken
/// as a whole, or refused as a whole.
protocol ClientExchange: Sendable {
  /// Names of header fields of its own, in lower case.
  var fieldNames: [String] { get }

  /// What every answer to a request has in its header.
  func fields(answering head: HTTPRequestHead) -> [(String, String)]

  /// The field `Authorization` of a request, as the check of access reads it.
  func authorization(_ field: String?) -> String?

  /// - Throws: what is wrong with a request's head.
  func check(_ head: HTTPRequestHead, to route: ClientRoute) throws(Problem)

  /// What it asks its server by GET, in JSON.
  func description(answering head: HTTPRequestHead) -> ByteBuffer

  /// Why a request is refused in which something is at fault.
  func refusal(of rejected: [DecodedBatch.Rejected]) -> Problem

  /// The answer to a request that was taken, in JSON; nil for one without content.
  ///
  /// - Parameter ids: of all that was in it, in its order.
  func answer(to method: HTTPMethod, _ ids: [EventID]) -> ByteBuffer?
}
