import NIOHTTP1

/// What the header of a request says about the connection, found in one pass.
struct ConnectionFields {
  private(set) var asksToUpgrade: Bool
  private(set) var expectsContinue = false

  init(of head: HTTPRequestHead) {
    asksToUpgrade = head.method == .CONNECT
    for (name, value) in head.headers {
      switch name.utf8.count {
      case 6 where name.lowercased() == "expect":
        expectsContinue = value.lowercased() == "100-continue"
      case 7 where name.lowercased() == "upgrade":
        asksToUpgrade = true
      default: break
      }
    }
  }
}
