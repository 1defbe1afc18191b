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

  struct Demonstration {
    let learners: Int
    let address: String
  }

  var text: String {
    """

    ProgressBus is running. Ctrl-C stops it; the data stays for the next start.
    \(invitation)
      Dashboard   http://127.0.0.1:\(http)/
      Operations  http://127.0.0.1:\(http)/ops
      BigQuery    \(mirror)
      Servers     \(urlsFile)

    Send an event:
      curl -i http://127.0.0.1:\(http)/student-progress -H 'Content-Type: application/json' -d '\(event)'

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

        \(demonstration.address)

      """
  }

  private var event: String {
    #"{"event_type":"cell_executed","student_id":"s-1","course_id":"py101","notebook_path":"week1/hello.ipynb","cell_id":"c1","has_error":false,"duration_ms":12.5}"#
  }
}
