public import Events
public import LearningRecords

/// The programs of others that may send what they send, as they are. Each is declared here alone: settings, routes, metrics
/// and fuzz targets go by this declaration.
public enum OtherClient: String, CaseIterable, Sendable {
  /// jupyterlab-pioneer's `remote_exporter`.
  case pioneer
  /// jupyterlab-unianalytics-telemetry.
  case unianalytics
  /// Any client of the Experience API (xAPI) 1.0.3 or 2.0 that has this server as its learning record store.
  case xapi

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
    case .xapi:
      ["/xapi/statements", "/xapi/{course}/statements", "/xapi/about", "/xapi/{course}/about"]
    }
  }

  /// How it may ask there, beside `OPTIONS`.
  ///
  /// - Parameter path: as declared.
  public func methods(on path: String) -> [String] {
    guard self == .xapi else { return ["POST"] }
    return path.hasSuffix("/about") ? ["GET"] : ["POST", "PUT"]
  }

  func adapter(_ configuration: OtherClientsConfiguration) -> any ClientAdapter {
    switch self {
    case .pioneer: PioneerAdapter(configuration)
    case .unianalytics: UnianalyticsAdapter(configuration)
    case .xapi: StatementAdapter(configuration)
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
  /// The names that we give activities, which are taken back for what they stand for; nil where we give none.
  public var activityNames: ActivityNames?
  /// Goes into the events' ids, which are made of what they say. Whoever knows it can try out whose an event is that has no
  /// name on it any more.
  public var salt: String

  public init(
    answered: [OtherClient] = [], course: String = Envelope.defaultCourse,
    pioneerLearner: [String] = ["JUPYTERHUB_USER"], pioneerCourse: [String] = ["course"],
    activityNames: ActivityNames? = nil, salt: String = ""
  ) {
    self.answered = answered
    self.course = course
    self.pioneerLearner = pioneerLearner
    self.pioneerCourse = pioneerCourse
    self.activityNames = activityNames
    self.salt = salt
  }
}
