public import Hummingbird
public import NIOCore

// Bodies that are read whole before they are looked at.
extension Request {
  /// - Parameter limit: in bytes.
  /// - Throws: `Problem` of status 413 for a longer body, and what the connection says.
  public func wholeBody(upTo limit: Int) async throws -> ByteBuffer {
    do { return try await body.collect(upTo: limit) } catch is NIOTooManyBytesError {
      throw Problem(status: .contentTooLarge, detail: "the body has more than \(limit) bytes")
    }
  }

  /// A body that says that it is JSON, which the form of a page cannot.
  ///
  /// - Parameter limit: in bytes.
  /// - Throws: `Problem` of status 415 or 413, and what the connection says.
  public func jsonBody(upTo limit: Int) async throws -> ByteBuffer {
    let type = headers[.contentType].flatMap(MediaType.init)
    guard let type, type.isType(.applicationJson) else {
      throw Problem(
        status: .unsupportedMediaType, detail: "Content-Type must be application/json")
    }
    return try await wholeBody(upTo: limit)
  }
}
