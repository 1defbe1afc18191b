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

/// A service account's key, as Google's console hands it out.
struct ServiceAccountKey: Sendable, Decodable {
  let clientEmail: String
  let privateKey: String
  let privateKeyID: String
  let tokenURI: String

  enum CodingKeys: String, CodingKey {
    case clientEmail = "client_email"
    case privateKey = "private_key"
    case privateKeyID = "private_key_id"
    case tokenURI = "token_uri"
  }
}

/// What `gcloud auth application-default login` leaves behind.
struct AuthorizedUser: Sendable, Decodable {
  let clientID: String
  let clientSecret: String
  let refreshToken: String

  enum CodingKeys: String, CodingKey {
    case clientID = "client_id"
    case clientSecret = "client_secret"
    case refreshToken = "refresh_token"
  }
}

/// A file of credentials; its member `type` tells which.
enum CredentialsFile: Sendable {
  case serviceAccount(ServiceAccountKey)
  case authorizedUser(AuthorizedUser)

  /// - Throws: `MirrorError.credentials` that names the path, never the contents.
  static func read(_ path: String) throws(MirrorError) -> CredentialsFile {
    struct Kind: Decodable { let type: String }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .credentials("\(path) cannot be read")
    }
    do {
      let decoder = JSONDecoder()
      switch try decoder.decode(Kind.self, from: data).type {
      case "service_account":
        return .serviceAccount(try decoder.decode(ServiceAccountKey.self, from: data))
      case "authorized_user":
        return .authorizedUser(try decoder.decode(AuthorizedUser.self, from: data))
      case let other:
        throw MirrorError.credentials(
          "\(path) is of type \(other.prefix(64)); service_account and authorized_user are known")
      }
    } catch let error as MirrorError {
      throw error
    } catch DecodingError.keyNotFound(let key, _) {
      throw .credentials("\(path) has no member \(key.stringValue)")
    } catch {
      throw .credentials("\(path) is no JSON file of credentials")
    }
  }
}
