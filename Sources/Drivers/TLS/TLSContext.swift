internal import CLibSSL

/// What connections have in common: certificate, key, and whom they trust. TLS 1.2 and 1.3, without
/// renegotiation.
///
/// Unchecked because it holds a pointer: the `SSL_CTX` behind it is not changed after `init`, and OpenSSL
/// lets many threads make connections of one (openssl-threads(7)).
public final class TLSContext: @unchecked Sendable {
  let pointer: OpaquePointer
  let isServer: Bool

  private init(_ method: OpaquePointer?, isServer: Bool) throws(TLSError) {
    ERR_clear_error()
    guard let pointer = SSL_CTX_new(method) else { throw .ofLibrary("TLS cannot be set up") }
    self.pointer = pointer
    self.isServer = isServer
    guard progressbus_tls12_or_later(pointer) == 1 else {
      throw .ofLibrary("TLS 1.2 cannot be required")
    }
    progressbus_refuse_renegotiation(pointer)
    progressbus_release_idle_buffers(pointer)
    progressbus_ask_no_passphrase(pointer)
  }

  deinit { SSL_CTX_free(pointer) }

  /// A server of HTTP/1.1.
  ///
  /// - Parameters:
  ///   - certificate: a PEM file: the server's certificate, then those between it and the authority.
  ///   - key: a PEM file without a passphrase, which belongs to that certificate.
  /// - Throws: when one cannot be read, or they do not belong together.
  public static func server(certificate: String, key: String) throws(TLSError) -> TLSContext {
    let context = try TLSContext(TLS_server_method(), isServer: true)
    try context.use(certificate, key)
    progressbus_speak_http1(context.pointer)
    return context
  }

  /// A client that checks the server's certificate and name.
  ///
  /// - Parameters:
  ///   - authorities: a PEM file of those who may sign the server's certificate; nil for the system's.
  ///   - certificate: the client's own certificate and key, where the server asks for one.
  public static func client(
    authorities: String? = nil, certificate: (certificate: String, key: String)? = nil
  ) throws(TLSError) -> TLSContext {
    let context = try TLSContext(TLS_client_method(), isServer: false)
    SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
    let isLoaded =
      authorities.map { SSL_CTX_load_verify_file(context.pointer, $0) }
      ?? SSL_CTX_set_default_verify_paths(context.pointer)
    guard isLoaded == 1 else {
      throw .ofLibrary("\(authorities ?? "the system's authorities") cannot be read")
    }
    if let certificate { try context.use(certificate.certificate, certificate.key) }
    return context
  }

  private func use(_ certificate: String, _ key: String) throws(TLSError) {
    guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
      throw .ofLibrary("\(certificate) is no certificate that can be read")
    }
    // Checks that it belongs to the certificate.
    guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
      throw .ofLibrary("\(key) is no key of \(certificate)")
    }
  }
}
