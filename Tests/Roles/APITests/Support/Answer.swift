import Foundation
import HTTPServerTesting

/// An answer, with its JSON taken apart.
struct Answer: @unchecked Sendable {
  // Sound although `Any` is not Sendable: the values come from JSONSerialization and are never changed.
  let json: [String: Any]
  let status: Int
  /// By name in lower case.
  let headers: [String: String]

  init(_ response: RawClient.Response) throws {
    status = response.status
    headers = response.headers
    let body = try JSONSerialization.jsonObject(with: Data(response.body.utf8))
    json = body as? [String: Any] ?? [:]
  }

  /// The body of a 200.
  init(json text: String) throws {
    status = 200
    headers = [:]
    json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
  }

  var detail: String? { json["detail"] as? String }

  func list(_ name: String) -> [Item] {
    (json[name] as? [[String: Any]] ?? []).map(Item.init)
  }

  subscript(_ name: String) -> String { Item(json)[name] }
}

/// An object of an answer.
struct Item {
  let json: [String: Any]

  init(_ json: [String: Any]) { self.json = json }

  /// A member as text, `-` for null; members of members behind a dot.
  subscript(_ path: String) -> String {
    var value: Any? = json
    for name in path.split(separator: ".") { value = (value as? [String: Any])?[String(name)] }
    guard let value else { return "missing" }
    if value is NSNull { return "-" }
    if let number = value as? NSNumber, CFBoolean.isBoolean(number) {
      return number.boolValue ? "true" : "false"
    }
    return "\(value)"
  }
}

private enum CFBoolean {
  /// JSONSerialization keeps `true` apart from 1 by the number's Objective-C type.
  static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
