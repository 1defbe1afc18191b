/// Types that many kinds of event use.
extension FieldType {
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
