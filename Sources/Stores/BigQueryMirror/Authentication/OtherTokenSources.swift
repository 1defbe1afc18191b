import CurlTransport
import Foundation

/// Refreshes the access of a user who logged in with gcloud (RFC 6749, section 6).
struct AuthorizedUserTokens: AccessTokenSource {
  let user: AuthorizedUser
  let transport: any HTTPTransport
  var endpoint = "https://oauth2.googleapis.com/token"

  func fetch() async throws(MirrorError) -> AccessToken {
    try await TokenRequest.send(
      TokenRequest.form(
        endpoint,
        [
          ("grant_type", "refresh_token"), ("client_id", user.clientID),
          ("client_secret", user.clientSecret), ("refresh_token", user.refreshToken),
        ]), over: transport)
  }
}

/// Asks the machine's metadata server, as on Compute Engine and Cloud Run
/// (https://cloud.google.com/compute/docs/access/authenticate-workloads).
struct MetadataTokens: AccessTokenSource {
  let host: String
  let transport: any HTTPTransport

  func fetch() async throws(MirrorError) -> AccessToken {
    try await TokenRequest.send(
      HTTPRequest(
        .get, "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token",
        headers: ["Metadata-Flavor": "Google"], connectTimeout: .seconds(3),
        timeout: .seconds(10)), over: transport)
  }
}
