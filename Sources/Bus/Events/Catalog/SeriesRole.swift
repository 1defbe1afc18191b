/// How a field appears in the time series.
public enum SeriesRole: Sendable, Equatable {
  /// Indexed; few different values.
  case tag
  /// A value of the point.
  case field
  /// The point's time.
  case time
  case omitted
}
