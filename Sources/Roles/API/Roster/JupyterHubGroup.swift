public import CurlTransport
import Foundation
import HTTPTypes
import JSONText

/// Why a group's members could not be had; names neither the token nor a learner.
public struct JupyterHubError: Error, CustomStringConvertible, Equatable {
  public let description: String
}

/// The members of a group of JupyterHub, by its REST API.
///
/// A single group is answered whole (JupyterHub 6.1.1: `GET /groups/NAME`), while lists of groups and of users end at 200. See
/// https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html.
public struct JupyterHubGroup: Sendable {
  private let api: String
  private let token: String
  private let transport: any HTTPTransport

  /// - Parameters:
  ///   - hub: the hub's address, with or without `/hub/api`.
  ///   - token: of a service or user with the scope `read:groups`.
  public init(hub: String, token: String, transport: any HTTPTransport) {
    let hub = hub.trimmingSuffix("/")
    api = hub.hasSuffix("/hub/api") ? hub : hub.trimmingSuffix("/hub") + "/hub/api"
    self.token = token
    self.transport = transport
  }

  /// The members' names, which learners' events bear as `student_id`.
  ///
  /// - Throws: `JupyterHubError`.
  public func members(of group: String) async throws -> [String] {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    let name = group.addingPercentEncoding(withAllowedCharacters: allowed) ?? group
    var headers: HTTPFields = [.accept: "application/json"]
    headers[.authorization] = "token \(token)"
    let answer: TransportResponse
    do {
      answer = try await transport.send(
        TransportRequest(.get, "\(api)/groups/\(name)", headers: headers))
    } catch {
      throw JupyterHubError(description: "JupyterHub at \(api) does not answer: \(error)")
    }
    switch answer.status {
    case 200: break
    case 401, 403:
      throw JupyterHubError(
        description:
          "JupyterHub does not let the token read group \(group) (\(answer.status)); it needs the scope read:groups"
      )
    case 404:
      throw JupyterHubError(
        description: "JupyterHub at \(api) has no group \(group), or the token may not see it (404)"
      )
    default:
      throw JupyterHubError(description: "JupyterHub answered \(answer.status) for group \(group)")
    }
    guard let found = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else {
      throw JupyterHubError(
        description: "the answer for group \(group) is no group of JupyterHub; is \(api) the hub?")
    }
    return found.users
  }

  /// The union of the groups as a roster, by name.
  ///
  /// - Throws: `JupyterHubError`; also when there is nobody, or somebody whose name no event can bear.
  public func learners(of groups: [String]) async throws -> [RosterLearner] {
    var names: Set<String> = []
    for group in groups { names.formUnion(try await members(of: group).map(\.composed)) }
    guard !names.isEmpty else {
      throw JupyterHubError(description: "no member is in \(groups.joined(separator: ", "))")
    }
    guard names.count <= RosterLearner.maximumCount else {
      throw JupyterHubError(
        description: "the groups have more than \(RosterLearner.maximumCount) members")
    }
    for name in names {
      guard (1...RosterLearner.longestID).contains(name.unicodeScalars.count) else {
        throw JupyterHubError(
          description: "a member's name must have 1 to \(RosterLearner.longestID) characters")
      }
      guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else { throw JupyterHubError(description: "a member's name has a control character") }
    }
    return names.sorted().map { RosterLearner(id: $0) }
  }

  private struct Answer: Decodable {
    let users: [String]
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
