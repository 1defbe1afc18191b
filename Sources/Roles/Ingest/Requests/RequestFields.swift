import NIOHTTP1

/// What the endpoint needs of a request's header, found in one pass.
struct RequestFields {
  private(set) var contentType: String?
  private(set) var contentEncoding: String?
  private(set) var contentLength: Int?
  private(set) var origin: String?

  init(_ headers: HTTPHeaders) {
    for (name, value) in headers {
      // Most names are told apart by their length alone.
      switch name.utf8.count {
      case 6 where name.lowercased() == "origin": origin = value
      case 12 where name.lowercased() == "content-type": contentType = value
      case 14 where name.lowercased() == "content-length": contentLength = Int(value)
      case 16 where name.lowercased() == "content-encoding": contentEncoding = value
      default: break
      }
    }
  }
}
