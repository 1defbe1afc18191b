public import CurlTransport
import HTTPTypes
import JSONText
public import Logging

/// Tells another program of alerts on classes, in the form of the mirror's alerts. It names the class, and no learner.
public actor ClassAlertWebhook {
  /// What is kept for a program that does not answer; beyond, the oldest is given up.
  private static let maximumUntold = 100

  private let url: String
  private let transport: any HTTPTransport
  private let logger: Logger
  /// What the program has not taken yet, the oldest first, with the claims to tell it.
  private var untold: [(message: [UInt8], claim: String)] = []

  /// - Parameters:
  ///   - url: may hold a secret.
  ///   - transport: the webhook's own, which it shuts down.
  public init(url: String, transport: any HTTPTransport, logger: Logger) {
    self.url = url
    self.transport = transport
    self.logger = logger
  }

  /// - Parameter cellTitle: as the notebook's outline says it, of an alert on a cell or on an exercise; nil where there is none.
  func add(
    _ alert: ClassAlert, of snapshot: ClassSnapshot, cellTitle: String? = nil, claim: String
  ) {
    var json = JSONWriter(capacity: 512)
    json.object { json in
      json.member("source", "progressbus")
      json.member("alert", "class_failing")
      json.member("text", alert.text(cellTitle: cellTitle))
      json.member("course_id", snapshot.course)
      json.member("notebook_path", snapshot.notebook)
      json.member("exercise_id", alert.exercise)
      json.member("cell", alert.cell)
      json.member("cell_index", alert.index)
      json.member("cell_title", cellTitle)
      json.member("failing", alert.failing)
      json.member("at_work", alert.atWork)
      json.member("top_error_name", alert.commonError?.name)
    }
    untold.append((json.bytes, claim))
    if untold.count > Self.maximumUntold { untold.removeFirst() }
  }

  /// Sends what was added, in order. What is not taken is tried again the next time.
  func deliver() async {
    while let (message, _) = untold.first {
      do {
        let response = try await transport.send(
          TransportRequest(
            .post, url, headers: [.contentType: "application/json"], body: message,
            timeout: .seconds(10)))
        guard response.isSuccess else { return refuse("HTTP \(response.status)") }
      } catch {
        return refuse("\(error)")
      }
      untold.removeFirst()
    }
  }

  /// - Returns: the claims of what was not taken.
  func close() async -> [String] {
    await transport.shutdown()
    return untold.map(\.claim)
  }

  private func refuse(_ reason: String) {
    logger.error(
      "the webhook for alerts on classes could not be told; it will be tried again",
      metadata: ["error": "\(reason)"])
  }
}
