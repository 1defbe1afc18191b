import LocalStack

/// Free ports for everything that `progressbus up` starts.
struct UpPorts {
  let http: Int
  let redis: Int
  let postgres: Int
  let influx: Int
  let bigQuery: Int

  init() throws {
    http = try LoopbackPort.free()
    redis = try LoopbackPort.free()
    postgres = try LoopbackPort.free()
    influx = try LoopbackPort.free()
    bigQuery = try LoopbackPort.free()
  }

  var arguments: [String] {
    [
      "--http-port", "\(http)", "--redis-port", "\(redis)", "--postgres-port", "\(postgres)",
      "--influx-port", "\(influx)", "--bigquery-port", "\(bigQuery)",
    ]
  }
}
