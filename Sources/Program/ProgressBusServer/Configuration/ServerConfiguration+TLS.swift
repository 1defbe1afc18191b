import RedisDriver
import TLS

extension ServerConfiguration {
  private static let certificateName = "PROGRESSBUS_HTTP_TLS_CERTIFICATE"
  private static let keyName = "PROGRESSBUS_HTTP_TLS_KEY"

  /// What HTTPS is served with; nil for HTTP.
  ///
  /// - Throws: when one of the two files is not named or cannot be used.
  func httpTLS() throws(ConfigurationError) -> ReloadingServerContext? {
    guard
      let files = try pair(
        settings.text("http.tls_certificate"), Self.certificateName,
        settings.text("http.tls_key"), Self.keyName)
    else { return nil }
    do {
      return try ReloadingServerContext(certificate: files.certificate, key: files.key)
    } catch {
      throw ConfigurationError(Self.certificateName, "\(error)")
    }
  }

  /// Whom to trust as Redis, and who we are to it; nil without a setting of it.
  ///
  /// - Throws: when the address has no use for it, and when a file cannot be used.
  func redisTLS(for location: RedisLocation) throws(ConfigurationError) -> RedisTLS? {
    let authorities = settings.text("redis.tls_ca")
    let serverName = settings.text("redis.tls_server_name")
    let own = try pair(
      settings.text("redis.tls_certificate"), "REDIS_TLS_CERTIFICATE",
      settings.text("redis.tls_key"), "REDIS_TLS_KEY")
    guard authorities != nil || serverName != nil || own != nil else { return nil }
    guard location.usesTLS else {
      throw ConfigurationError(
        "REDIS_URL", "has to begin with rediss:// for REDIS_TLS_… to mean something")
    }
    do {
      return RedisTLS(
        context: try .client(authorities: authorities, certificate: own), serverName: serverName)
    } catch {
      throw ConfigurationError(own == nil ? "REDIS_TLS_CA" : "REDIS_TLS_…", "\(error)")
    }
  }

  /// Both or neither.
  private func pair(
    _ certificate: String?, _ certificateName: String, _ key: String?, _ keyName: String
  ) throws(ConfigurationError) -> (certificate: String, key: String)? {
    switch (certificate, key) {
    case (nil, nil): return nil
    case (let certificate?, let key?): return (certificate, key)
    case (_?, nil): throw ConfigurationError(keyName, "is not set, but \(certificateName) is")
    case (nil, _?): throw ConfigurationError(certificateName, "is not set, but \(keyName) is")
    }
  }
}
