import Access

/// Why somebody is not signed in by the provider.
enum OpenIDFault: Error, Sendable, Equatable {
  /// The provider does not answer, or not as the standard has it.
  case providerUnavailable(String)
  /// The provider, or the person there, said no: its error code.
  case declined(String)
  /// The answer does not belong to an attempt that this browser began in the last ten minutes.
  case unknownAttempt
  /// The answer says that it is of another provider (RFC 9207).
  case otherIssuer
  case wrongIDToken(TokenFault)
  /// The ID token was made for another attempt.
  case wrongNonce
  /// The ID token was made for another client.
  case wrongParty
  case notAllowed
  case noCourses
  /// More courses than a cookie can hold.
  case tooManyCourses

  /// What the page is told, to say it in the reader's language.
  var word: String {
    switch self {
    case .providerUnavailable: "providerUnavailable"
    case .declined: "declined"
    case .unknownAttempt: "unknownAttempt"
    case .otherIssuer, .wrongIDToken, .wrongNonce, .wrongParty: "wrongAnswer"
    case .notAllowed: "notAllowed"
    case .noCourses: "noCourses"
    case .tooManyCourses: "tooManyCourses"
    }
  }

  /// For the log; nothing of a person or a token is in it.
  var reason: String {
    switch self {
    case .providerUnavailable(let reason): "the provider cannot be asked: \(reason)"
    case .declined(let code): "the provider declined: \(code)"
    case .unknownAttempt: "the answer belongs to no attempt of this browser"
    case .otherIssuer: "the answer is of another issuer"
    case .wrongIDToken(let fault): "the ID token is not good: \(fault.description)"
    case .wrongNonce: "the ID token is of another attempt"
    case .wrongParty: "the ID token is for another client"
    case .notAllowed: "no role of the person is one of teachers or administrators"
    case .noCourses: "a teacher without a course"
    case .tooManyCourses: "a teacher of more courses than a cookie can hold"
    }
  }

  /// An error code of RFC 6749: a word. Whatever else a provider sends stays out of the log.
  static func code(_ text: String?) -> String {
    guard let text, (1...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ byte in
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      })
    else { return "without a code" }
    return text
  }
}
