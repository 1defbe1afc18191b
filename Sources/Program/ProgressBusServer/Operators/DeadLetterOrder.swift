import API
import Foundation
import NIOCore
import NIOFoundationEssentialsCompat

/// Which dead letters a request to replay or purge means: the body of the request.
struct DeadLetterOrder: Decodable, Equatable {
  /// Nothing but a few short words.
  static let maximumBytes = 16_384

  private(set) var sink: String?
  private(set) var reason: String?
  private(set) var all = false
  private(set) var through: String?
  private(set) var cursor: String?

  private enum Member: String, CaseIterable {
    case sink, reason, all, through, cursor
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  /// - Throws: `Problem` of status 400 that names the member.
  init(json: ByteBuffer) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(buffer: json))
    } catch is DecodingError {
      throw Problem.badRequest("the body must be one JSON object")
    }
    guard all || sink != nil || reason != nil else {
      throw Problem.badRequest(
        "all must be true to mean every dead letter; sink or reason mean some of them")
    }
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: AnyKey.self)
    for key in members.allKeys {
      guard let member = Member(rawValue: key.stringValue) else {
        let known = Member.allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem.badRequest("\(key.stringValue.prefix(64)) is unknown; known are \(known)")
      }
      if try members.decodeNil(forKey: key) { continue }
      do {
        switch member {
        case .sink: sink = try members.decode(String.self, forKey: key)
        case .reason: reason = try members.decode(String.self, forKey: key)
        case .through: through = try members.decode(String.self, forKey: key)
        case .cursor: cursor = try members.decode(String.self, forKey: key)
        case .all: all = try members.decode(Bool.self, forKey: key)
        }
      } catch is DecodingError {
        let type = member == .all ? "true or false" : "a string"
        throw Problem.badRequest("\(key.stringValue) must be \(type)")
      }
    }
  }
}
