/// What `up` prints once everything runs: lines that work when pasted.
struct Welcome {
  let http: Int
  let redis: Int
  /// The channel's name.
  let channel: String
  let urlsFile: String
  /// Where the mirror's rows go; nil when it is off, or the operator's own.
  let bigQueryEmulator: String?
  let demonstration: Demonstration?
  let access: Access

  struct Demonstration {
    let learners: Int
    let query: String
  }

  /// How to get in.
  enum Access {
    case open
    /// By a link that is good for 12 hours.
    case link(String)
    /// By a token, which a command makes.
    case byToken
    /// By a token of an issuer, whose keys alone are known here.
    case byIssuer
  }

  var text: String {
    """

    ProgressBus is running. Ctrl-C stops it; the data stays for the next start.
    \(invitation)\(signIn)
      Dashboard   http://127.0.0.1:\(http)/
      Operations  http://127.0.0.1:\(http)/ops
      BigQuery    \(mirror)
      Servers     \(urlsFile)

    Send an event:
      curl -i http://127.0.0.1:\(http)/student-progress -H 'Content-Type: application/json' \(authorization)-d '\(event)'

    Watch the bus, and put an event on it by hand:
      redis-cli -p \(redis) SUBSCRIBE \(channel)
      redis-cli -p \(redis) PUBLISH \(channel) '\(event)'

    """
  }

  private var mirror: String {
    bigQueryEmulator.map { "mirrored to an emulator, \($0)" } ?? "no emulator was started"
  }

  private var invitation: String {
    guard let demonstration else { return "" }
    let learners = demonstration.learners == 1 ? "1 learner" : "\(demonstration.learners) learners"
    return """

      A simulated class of \(learners) is at work. Open

        \(address(demonstration.query))

      """
  }

  private func address(_ query: String) -> String {
    if case .link(let link) = access { return link }
    return "http://127.0.0.1:\(http)/\(query)"
  }

  private var signIn: String {
    switch access {
    case .open: ""
    case .link(let link) where demonstration == nil:
      """

        Tokens are asked for. This link signs you in as an administrator, for 12 hours:

          \(link)

      """
    case .link: ""
    case .byToken:
      """

        Tokens are asked for. A link that signs you in as an administrator:

          PROGRESSBUS_HTTP_PORT=\(http) progressbus token issue --scope admin --sub me --link

      """
    case .byIssuer:
      """

        Tokens of your issuer are asked for, at the pages too.

      """
    }
  }

  private var authorization: String {
    switch access {
    case .open: ""
    case .link, .byToken:
      #"-H "Authorization: Bearer $(progressbus token issue --scope ingest --sub s-1)" "#
    case .byIssuer: #"-H "Authorization: Bearer $TOKEN" "#
    }
  }

  private var event: String {
    #"{"event_type":"cell_executed","student_id":"s-1","course_id":"py101","notebook_path":"week1/hello.ipynb","cell_id":"c1","has_error":false,"duration_ms":12.5}"#
  }
}
