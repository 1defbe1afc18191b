import NIOHTTP1

enum NIOHTTP1Head {
  static func get(_ target: String) -> HTTPRequestHead {
    HTTPRequestHead(version: .http1_1, method: .GET, uri: target)
  }
}
