public import Events

/// The programs of others that may send what they send, as they are. Each is declared here alone: settings, routes, metrics
/// and fuzz targets go by this declaration.
public enum OtherClient: String, CaseIterable, Sendable {
  /// jupyterlab-pioneer's `remote_exporter`.
  case pioneer
  /// jupyterlab-unianalytics-telemetry.
  case unianalytics

  /// Where it sends; what is in braces is one part of a path, whatever it says.
  public var paths: [String] {
    switch self {
    // The hour of an event, where the exporter's id has "s3" in it.
    case .pioneer: ["/pioneer", "/pioneer/{year}/{month}/{day}/{hour}"]
    case .unianalytics:
      [
        "/send/exec/code", "/send/exec/markdown", "/send/clickevent/notebook",
        "/send/clickevent/cell", "/send/alter", "/send/pending_update_interaction",
      ]
    }
  }

  func adapter(_ configuration: OtherClientsConfiguration) -> any ClientAdapter {
    switch self {
    case .pioneer: PioneerAdapter(configuration)
    case .unianalytics: UnianalyticsAdapter(configuration)
    }
  }
}

/// Which of them are answered, and what they do not say themselves.
public struct OtherClientsConfiguration: Sendable {
  public var answered: [OtherClient]
  /// The course of what names none.
  public var course: String
  /// The names under which pioneer's `env` or `params` hold the learner; the first that is there counts.
  public var pioneerLearner: [String]
  /// The same for the course.
  public var pioneerCourse: [String]
  /// Goes into the events' ids, which are made of what they say. Whoever knows it can try out whose an event is that has no
  /// name on it any more.
  public var salt: String

  public init(
    answered: [OtherClient] = [], course: String = Envelope.defaultCourse,
    pioneerLearner: [String] = ["JUPYTERHUB_USER"], pioneerCourse: [String] = ["course"],
    salt: String = ""
  ) {
    self.answered = answered
    self.course = course
    self.pioneerLearner = pioneerLearner
    self.pioneerCourse = pioneerCourse
    self.salt = salt
  }
}

/// Makes events of what one program sends.
protocol ClientAdapter: Sendable {
  var client: OtherClient { get }

  /// - Parameters:
  ///   - body: the whole of a request.
  ///   - path: one of the client's, as it declares it.
  func translate(_ body: SentValue, to path: String, into translation: inout Translation)
}

/// A request that is for one of the clients' paths.
struct ClientRoute: Sendable {
  let adapter: any ClientAdapter
  /// As the client declares it.
  let path: String
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
  func route(of uri: String) -> ClientRoute? {
    guard !routes.isEmpty else { return nil }
    let parts = Self.parts(uri.prefix { $0 != "?" })
    return routes.first { declared, _ in
      declared.count == parts.count
        && zip(declared, parts).allSatisfy {
          $0.first == "{" ? !$1.isEmpty : $0.utf8.elementsEqual($1.utf8)
        }
    }?.route
  }

  private static func parts(_ path: some StringProtocol) -> [Substring] {
    Substring(path).split(separator: "/", omittingEmptySubsequences: false)
  }
}
