import Foundation
import HTTPServer
import HTTPTypes
import NIOHTTP1

/// Makes events of what one program sends.
protocol ClientAdapter: Sendable {
  var client: OtherClient { get }
  /// Nil for a client that is content with requests and answers as our own senders have them.
  var exchange: (any ClientExchange)? { get }

  /// - Parameters:
  ///   - body: the whole of a request.
  ///   - route: where it was sent.
  func translate(_ body: SentValue, to route: ClientRoute, into translation: inout Translation)
}

extension ClientAdapter {
  var exchange: (any ClientExchange)? { nil }
}

/// A request that is for one of the clients' paths.
struct ClientRoute: Sendable {
  let adapter: any ClientAdapter
  /// As the client declares it.
  let path: String
  /// As it was asked for, with its query.
  var uri = ""
  var method = HTTPMethod.POST

  /// How it may be asked for, beside `OPTIONS`.
  var methods: [String] { adapter.client.methods(on: path) }

  /// What stands in the path where the declared one has `{name}`; nil where it has no such part.
  ///
  /// - Throws: the problem where it is not percent-encoded UTF-8.
  func parameter(_ name: String) throws(Problem) -> String? {
    let parts = ClientRoutes.parts(uri.prefix { $0 != "?" })
    guard let place = ClientRoutes.parts(path).firstIndex(of: "{\(name)}"), place < parts.count
    else { return nil }
    guard let value = String(parts[place]).removingPercentEncoding else {
      throw Problem(
        status: .badRequest, detail: "\(name) is not percent-encoded UTF-8", parameter: name)
    }
    return value
  }

  /// - Throws: the problem with a parameter that is malformed, or given twice.
  func query() throws(Problem) -> QueryParameters {
    do throws(QueryParameters.Fault) {
      return try QueryParameters(uri.drop { $0 != "?" }.dropFirst())
    } catch {
      throw Problem(
        status: .badRequest, detail: "\(error.parameter) \(error.reason)",
        parameter: error.parameter)
    }
  }
}

/// Finds the client that a request comes from.
struct ClientRoutes: Sendable {
  private let routes: [(parts: [Substring], route: ClientRoute)]

  init(_ configuration: OtherClientsConfiguration) {
    routes = configuration.answered.flatMap { client in
      let adapter = client.adapter(configuration)
      return client.paths.map {
        (Self.parts($0), ClientRoute(adapter: adapter, path: $0))
      }
    }
  }

  /// Nil where no client that is answered sends there.
  func route(of head: HTTPRequestHead) -> ClientRoute? {
    guard !routes.isEmpty else { return nil }
    let parts = Self.parts(head.uri.prefix { $0 != "?" })
    guard
      var route = routes.first(where: { declared, _ in
        declared.count == parts.count
          && zip(declared, parts).allSatisfy {
            $0.first == "{" ? !$1.isEmpty : $0.utf8.elementsEqual($1.utf8)
          }
      })?.route
    else { return nil }
    route.uri = head.uri
    route.method = head.method
    return route
  }

  fileprivate static func parts(_ path: some StringProtocol) -> [Substring] {
    Substring(path).split(separator: "/", omittingEmptySubsequences: false)
  }
}
