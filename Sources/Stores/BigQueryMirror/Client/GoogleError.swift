import Foundation

/// An error answer of a Google API (https://cloud.google.com/bigquery/docs/error-messages).
///
/// `description` leaves out Google's message, which can quote a row.
public struct GoogleError: Error, Sendable, Equatable, CustomStringConvertible {
  public let status: Int
  /// For example `accessDenied`; empty when the answer named none.
  public let reason: String
  /// In Google's words. **Can quote personal data: never log it.**
  public let message: String

  public init(status: Int, reason: String, message: String) {
    self.status = status
    self.reason = reason
    self.message = message
  }

  /// Reads an error answer; a body that is no JSON gives an empty reason.
  init(status: Int, body: [UInt8]) {
    struct Answer: Decodable {
      struct Failure: Decodable {
        struct Detail: Decodable { let reason: String? }
        let message: String?
        let status: String?
        let errors: [Detail]?
      }
      let error: Failure
    }
    // An answer from something between us and Google need not be JSON; the status tells enough.
    let failure = (try? JSONDecoder().decode(Answer.self, from: Data(body)))?.error
    self.init(
      status: status, reason: failure?.errors?.first?.reason ?? failure?.status ?? "",
      message: failure?.message ?? "")
  }

  public var description: String {
    reason.isEmpty ? "HTTP \(status)" : "HTTP \(status) \(reason)"
  }
}
