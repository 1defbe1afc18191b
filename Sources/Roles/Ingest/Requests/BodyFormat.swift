import NIOHTTP1

/// How the events stand in a request's body.
enum BodyFormat: Sendable, Equatable {
  /// One object or an array of objects.
  case json
  /// One object a line.
  case ndjson

  /// Reads `Content-Type`; a request without one is taken for JSON, another type is nil.
  init?(contentType: String?) {
    guard let contentType, contentType != "application/json" else {
      self = .json
      return
    }
    let type = contentType.prefix { $0 != ";" }.trimmingSuffix(while: \.isWhitespace).lowercased()
    switch type {
    case "application/json": self = .json
    case "application/x-ndjson", "application/ndjson", "application/jsonl": self = .ndjson
    default: return nil
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var result = self
    while let last = result.last, predicate(last) { result.removeLast() }
    return result
  }
}
