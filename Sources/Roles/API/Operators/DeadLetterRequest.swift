import DeadLetters
import EventBus
import Foundation
import HTTPServer
import NIOCore
import NIOFoundationEssentialsCompat

/// Which dead letters a request to replay or purge means: the body of the request.
struct DeadLetterBulkRequest: Decodable, Equatable {
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
        throw Problem.badRequest(
          "\(String(key.stringValue.unicodeScalars.prefix(64))) is unknown; known are \(known)")
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

/// Checks what requests say about dead letters. Each error names its parameter.
struct DeadLetterParameters {
  /// Who can refuse what is to be stored.
  let sinks: [String]

  private static let reasonLength = 256

  func filter(_ parameters: RequestParameters) throws(Problem) -> DeadLetterFilter {
    try filter(
      sink: parameters.text("sink", maximumLength: 64),
      reason: parameters.text("reason", maximumLength: Self.reasonLength))
  }

  func filter(sink: String?, reason: String?) throws(Problem) -> DeadLetterFilter {
    if let sink, !sinks.contains(sink) {
      throw .badRequest("sink must be one of \(sinks.joined(separator: ", "))")
    }
    if let reason {
      guard (1...Self.reasonLength).contains(reason.unicodeScalars.count), !reason.utf8.contains(0)
      else {
        throw .badRequest("reason must have 1 to \(Self.reasonLength) characters, and no NUL")
      }
    }
    return DeadLetterFilter(sink: sink, reason: reason)
  }

  static func id(_ parameters: RequestParameters) throws(Problem) -> DeadLetterID {
    guard let id = DeadLetterID(try parameters.identifier(inPath: "id")) else {
      throw .badRequest(
        "id must be the id of a dead letter, such as 1763735000000-0 or bigquery-17")
    }
    return id
  }

  static func position(_ parts: [String]?) throws(Problem) -> DeadLetterPosition? {
    guard let parts else { return nil }
    guard let position = DeadLetterPosition(parts: parts) else {
      throw .badRequest("cursor must be the next_cursor of an answer to the same request")
    }
    return position
  }

  /// - Parameter name: of the member that holds `word`.
  static func position(_ word: String?, _ name: String) throws(Problem) -> DeadLetterPosition? {
    guard let word else { return nil }
    guard let parts = Cursor.parts(of: word), let position = DeadLetterPosition(parts: parts) else {
      throw .badRequest("\(name) must come from an answer about dead letters")
    }
    return position
  }
}

extension DeadLetterPosition {
  /// One opaque word.
  var cursor: String { Cursor.make([event.description, String(row)]) }

  /// Nil for what is no `cursor`.
  init?(parts: [String]) {
    guard parts.count == 2, let event = StreamID(parts[0]), event.partition == 0,
      let row = Int64(parts[1]), row >= 0
    else { return nil }
    self.init(event: event, row: row)
  }
}
