/// Why a query has no answer.
public enum InfluxQueryError: Error, Sendable, Equatable {
  /// The server cannot be reached, or did not answer as InfluxDB does.
  case unavailable(String)
  /// The server does not accept the query; its own words, which quote the query.
  case refused(String)
  /// Queries are for the API of InfluxDB 1.x; the server is set up with another.
  case unsupported
}
