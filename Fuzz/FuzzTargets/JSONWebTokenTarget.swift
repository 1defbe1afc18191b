import Cryptography

extension FuzzTarget {
  /// The reader of signed tokens: nothing is signed but what was, and a text has one meaning.
  static let jsonWebToken = FuzzTarget("json-web-token", seeds: [Array(signed.utf8)]) { input in
    let text = String(decoding: input, as: UTF8.self)
    guard let message = try? JSONWebSignature(compact: text) else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, Base64URL.encode(message.payload) == parts[1] else {
      return "a payload that is written otherwise"
    }
    return message.isSigned(with: verification) && text != signed ? "a changed text is signed" : nil
  }

  private static let secret = Array("a secret of a test, 32 bytes or more".utf8)
  // A secret of this length is always taken.
  private static let verification = try! VerificationKey(secret: secret)
  private static let signed = try! JSONWebSignature.sign(
    Array(#"{"sub":"s1","scope":"ingest","exp":1790000000}"#.utf8),
    with: SigningKey(secret: secret),
    keyID: "k1")
}
