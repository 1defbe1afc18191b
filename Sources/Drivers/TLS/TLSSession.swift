internal import CLibSSL
import NIOCore

/// The TLS of one connection, without the connection: encrypted bytes in and out of memory. Confined to
/// whoever owns it.
final class TLSSession {
  enum Outcome: Equatable {
    case done
    /// More has to arrive first.
    case waiting
    /// The peer has said that nothing more comes.
    case ended
    case failed(TLSError)
  }

  /// A record's most (RFC 8446, section 5.1).
  private static let recordSize = 16 * 1024

  private let context: TLSContext
  private let ssl: OpaquePointer
  // Belong to `ssl`.
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer

  /// - Parameter serverName: for a client, the name or address that the server's certificate has to have.
  init(_ context: TLSContext, serverName: String? = nil) throws(TLSError) {
    ERR_clear_error()
    guard let ssl = SSL_new(context.pointer) else { throw .ofLibrary("TLS cannot be set up") }
    guard let incoming = progressbus_memory(), let outgoing = progressbus_memory() else {
      SSL_free(ssl)
      throw TLSError("out of memory")
    }
    SSL_set_bio(ssl, incoming, outgoing)
    (self.context, self.ssl, self.incoming, self.outgoing) = (context, ssl, incoming, outgoing)
    if context.isServer {
      SSL_set_accept_state(ssl)
    } else {
      SSL_set_connect_state(ssl)
      try expect(serverName ?? "")
    }
  }

  deinit { SSL_free(ssl) }

  private func expect(_ name: String) throws(TLSError) {
    // An address is no name: it is not sent (RFC 6066, section 3), and looked for in another field.
    if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 { return }
    ERR_clear_error()
    guard !name.isEmpty, SSL_set1_host(ssl, name) == 1, progressbus_name_server(ssl, name) == 1
    else { throw .ofLibrary("the server's name cannot be checked") }
  }

  /// Takes bytes that have arrived.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var taken = 0
    return bytes.isEmpty
      || BIO_write_ex(incoming, bytes.baseAddress, bytes.count, &taken) == 1
        && taken == bytes.count
  }

  func handshake() -> Outcome {
    ERR_clear_error()
    return outcome(SSL_do_handshake(ssl))
  }

  /// Appends decrypted bytes to `buffer` until nothing more can be had.
  func read(into buffer: inout ByteBuffer) -> Outcome {
    while true {
      ERR_clear_error()
      var count = 0
      var result: Int32 = 0
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.recordSize) { memory in
        result = SSL_read_ex(ssl, memory.baseAddress, memory.count, &count)
        return count
      }
      guard result == 1 else { return outcome(result) }
    }
  }

  /// Encrypts `bytes`; the handshake has to be done.
  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    // OpenSSL takes no write of nothing.
    guard !bytes.isEmpty else { return .done }
    ERR_clear_error()
    var count = 0
    // Whole: the memory behind it takes everything.
    return outcome(SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count))
  }

  /// Tells the peer that nothing more comes.
  func end() {
    ERR_clear_error()
    SSL_shutdown(ssl)
    ERR_clear_error()
  }

  /// What is to be sent; nil for nothing.
  func takeOutgoing(_ allocator: ByteBufferAllocator) -> ByteBuffer? {
    let pending = BIO_ctrl_pending(outgoing)
    guard pending > 0 else { return nil }
    var buffer = allocator.buffer(capacity: pending)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: pending) { memory in
      var count = 0
      return BIO_read_ex(outgoing, memory.baseAddress, pending, &count) == 1 ? count : 0
    }
    return buffer
  }

  private func outcome(_ result: Int32) -> Outcome {
    if result == 1 { return .done }
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_NONE: return .done
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waiting
    case SSL_ERROR_ZERO_RETURN: return .ended
    default:
      let verdict = SSL_get_verify_result(ssl)
      if verdict != X509_V_OK, let reason = X509_verify_cert_error_string(verdict) {
        ERR_clear_error()
        return .failed(TLSError("the peer's certificate: \(String(cString: reason))"))
      }
      return .failed(.ofLibrary("TLS with the peer failed"))
    }
  }
}
