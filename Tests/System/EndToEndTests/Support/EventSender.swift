import CurlTransport
import Foundation
import ProgressBusTesting
import Synchronization

/// A notebook's side: sends events and notes which were accepted.
final class EventSender: Sendable {
  struct Answer: Decodable {
    struct Accepted: Decodable {
      let index: Int
      let eventID: String

      enum CodingKeys: String, CodingKey {
        case index
        case eventID = "event_id"
      }
    }
    struct Rejected: Decodable {
      let index: Int
    }
    let accepted: [Accepted]
    let rejected: [Rejected]
  }

  private let url: String
  private let http: HTTP
  private let ids = Mutex<[String]>([])

  init(to process: ProgressBusProcess, connections: Int = 8) {
    url = "\(process.url)/student-progress"
    http = HTTP(connections: connections)
  }

  /// The ids of all events that were answered 202.
  var accepted: [String] { ids.withLock { $0 } }

  /// Posts one body and notes what was accepted.
  @discardableResult
  func post(_ body: String) async throws -> TransportResponse {
    let response = try await http.post(url, body)
    if response.status == 202 {
      let new = try response.decoded(as: Answer.self).accepted.map(\.eventID)
      ids.withLock { $0 += new }
    }
    return response
  }

  func post(_ events: [NotebookEvent]) async throws -> TransportResponse {
    try await post("[\(events.map(\.json).joined(separator: ","))]")
  }

  struct Refused: Error {
    let response: TransportResponse
  }

  /// Posts all `bodies` over several connections at once.
  /// - Throws: `Refused` for an answer that is not 202.
  func postAll(_ bodies: [String], connections: Int = 8) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for connection in 0..<connections {
        group.addTask {
          for index in stride(from: connection, to: bodies.count, by: connections) {
            let response = try await self.post(bodies[index])
            guard response.status == 202 else { throw Refused(response: response) }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Posts all `bodies` as a client does that waits out a 503.
  func postAllPatiently(_ bodies: [String]) async throws {
    for body in bodies {
      try await eventually(within: .seconds(10), "a 202") {
        let response = try await self.post(body)
        guard response.status == 202 || response.status == 503 else {
          throw Refused(response: response)
        }
        return response.status == 202
      }
    }
  }
}
