/// An event that passed, now written in its canonical form.
public struct NormalizedEvent: Sendable {
  public let eventType: String
  public let id: EventID
  /// Bytes of the canonical form.
  public let length: Int
}

/// Why an event was refused: one error or more.
public struct EventRejection: Error, Sendable, Equatable {
  public let errors: [FieldError]

  public init(_ errors: [FieldError]) {
    self.errors = errors
  }

  public init(_ error: FieldError) {
    self.init([error])
  }
}
