/// The type of a field and its limits.
public enum FieldType: Sendable, Equatable {
  /// Text of at most `maximumLength` Unicode scalars; `minimumLength` 1 refuses the empty string.
  case string(minimumLength: Int = 0, maximumLength: Int)
  /// One of these words.
  case enumeration([String])
  /// A whole number in a range.
  case integer(ClosedRange<Int64>)
  /// A finite number in a range.
  case number(ClosedRange<Double>)
  case boolean
  /// An RFC 3339 date and time, kept to the microsecond, in UTC.
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
