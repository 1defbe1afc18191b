import CurlTransport
import Foundation

/// Finds credentials in the order of application default credentials
/// (https://cloud.google.com/docs/authentication/application-default-credentials), after a file that
/// the configuration names.
struct CredentialResolver {
  let environment: [String: String]
  let transport: any HTTPTransport

  /// - Throws: `MirrorError.credentials` when a file that is named, or is in its usual place, is of no
  ///   use.
  func resolve(path: String?) throws(MirrorError) -> any AccessTokenSource {
    if let path { return try source(of: path) }
    if let path = environment["GOOGLE_APPLICATION_CREDENTIALS"], !path.isEmpty {
      return try source(of: path)
    }
    if let home = environment["HOME"] {
      let path = "\(home)/.config/gcloud/application_default_credentials.json"
      if FileManager.default.fileExists(atPath: path) { return try source(of: path) }
    }
    return MetadataTokens(
      host: environment["GCE_METADATA_HOST"] ?? "metadata.google.internal", transport: transport)
  }

  private func source(of path: String) throws(MirrorError) -> any AccessTokenSource {
    switch try CredentialsFile.read(path) {
    case .serviceAccount(let account):
      try ServiceAccountTokens(account, transport: transport)
    case .authorizedUser(let user):
      AuthorizedUserTokens(user: user, transport: transport)
    }
  }
}
