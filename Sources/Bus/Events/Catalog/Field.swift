/// One field of an event kind. Validation, storage, charts, the warehouse, the JSON Schema and the
/// redaction of logs all read this one declaration.
public struct Field: Sendable, Equatable {
  /// The member's name in the event.
  public let name: String
  /// The column's name in PostgreSQL and BigQuery.
  public let column: String
  /// The name under which the JupyterLab cell-monitor extension sends it.
  public let alias: String?
  public let type: FieldType
  public let isRequired: Bool
  /// What a sender says of it is dropped.
  public let isSetByServer: Bool
  public let privacy: Privacy
  public let series: SeriesRole
  /// One sentence for the published schema.
  public let summary: String

  public init(
    _ name: String, _ type: FieldType, column: String? = nil, alias: String? = nil,
    required: Bool = false, setByServer: Bool = false, privacy: Privacy = .open,
    series: SeriesRole = .omitted, _ summary: String
  ) {
    self.name = name
    self.column = column ?? name
    self.alias = alias
    self.type = type
    self.isRequired = required
    self.isSetByServer = setByServer
    self.privacy = privacy
    self.series = series
    self.summary = summary
  }
}

/// How a field appears in the time series.
public enum SeriesRole: Sendable, Equatable {
  /// Indexed; few different values.
  case tag
  /// A value of the point.
  case field
  /// The point's time, within `Timestamp.pointTimes`. The envelope's `occurred_at` has this role, no other.
  case time
  case omitted
}

/// The type of a field and its limits.
public enum FieldType: Sendable, Equatable {
  /// Text of at most `maximumLength` Unicode scalars; `minimumLength` 1 refuses the empty string. A text that may not
  /// be longer than `longestName` names something, and is kept in Unicode's normal form C: it is what others are compared
  /// with. Limits count what is kept.
  ///
  /// What is a key in PostgreSQL has a limit in UTF-8's bytes, too: a row of a B-tree has at most 2,704 bytes, all its
  /// columns together. The widest is the key of `cell_progress` (sql/0001): three identifiers of 128
  /// scalars, 512 bytes each, and a path. With their heads that leaves 1,144 bytes for the path.
  case string(minimumLength: Int = 0, maximumLength: Int, maximumBytes: Int? = nil)
  /// One of these words.
  case enumeration([String])
  /// A whole number in a range.
  case integer(ClosedRange<Int64>)
  /// A finite number in a range.
  case number(ClosedRange<Double>)
  case boolean
  /// An RFC 3339 date and time, kept to the microsecond, in UTC; within `Timestamp.storable`.
  case timestamp
  /// A UUID (RFC 9562) in its text form.
  case uuid
  /// An object whose values are strings, numbers, booleans or null.
  case scalars(maximumCount: Int)
  /// Any JSON value.
  case json
  /// An object with fields of its own.
  case object([Field])
  indirect case array(of: FieldType, maximumCount: Int)
}

/// Types that many kinds of event use.
extension FieldType {
  /// Beyond that a text says something rather than naming it, and stays as it came.
  static let longestName = 1024
  /// A number of things.
  static let count = FieldType.integer(0...Int64.max)
  /// A measured value. JSON knows no infinity, and a database that sums such values is not to make one.
  static let measure = FieldType.number(-1e300...1e300)
  /// A short text.
  static let word = FieldType.string(maximumLength: 256)
  /// A short text that says something.
  static let name = FieldType.string(minimumLength: 1, maximumLength: 256)
  /// What identifies something.
  static let identifier = FieldType.string(
    minimumLength: 1, maximumLength: Envelope.identifierLength)
  /// Why something failed.
  static let message = FieldType.string(maximumLength: 4096)
}
