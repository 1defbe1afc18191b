import Foundation

/// Why the mirror cannot work. Descriptions are for the operator and hold no personal data.
public enum MirrorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The mirror is switched off.
  case disabled
  /// Tables have pseudonymised columns and there is no salt.
  case missingSalt(tables: [String])
  /// A table that exists demands a column that a table with pseudonyms leaves out.
  case demandedColumn(table: String, column: String)
  /// Credentials are missing, malformed or refused.
  case credentials(String)
  /// Google answered with an error.
  case google(GoogleError)
  /// Google gave no answer, or one that cannot be read.
  case unreachable(String)

  /// Whether it is worth waiting: Google does not answer, or not now.
  public var mayPass: Bool {
    switch self {
    case .unreachable: true
    case .google(let error): error.status >= 500 || error.status == 429 || error.status == 408
    case .disabled, .missingSalt, .demandedColumn, .credentials: false
    }
  }

  public var description: String {
    switch self {
    case .disabled:
      "the BigQuery mirror is off; BQ_SYNC_ENABLED=true turns it on"
    case .missingSalt(let tables):
      "set PSEUDONYMIZATION_SALT: the mirror sends pseudonyms for "
        + tables.joined(separator: ", ") + ", and there is no salt to make them with"
    case .demandedColumn(let table, let column):
      "BigQuery's table \(table) demands the column \(column), which is personal and does not go where "
        + "pseudonyms do; make the column NULLABLE, or take the table out of "
        + "BQ_SYNC_PSEUDONYMIZE_TABLES"
    case .credentials(let reason): "Google credentials: \(reason)"
    case .google(let error): "BigQuery answered \(error)"
    case .unreachable(let reason): "BigQuery cannot be reached: \(reason)"
    }
  }
}

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
