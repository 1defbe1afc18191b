import RedisDriver

/// A Lua script that Redis runs in one atomic step (https://redis.io/docs/latest/develop/programmability/eval-intro/).
struct RedisScript: Sendable, Hashable {
  let source: String

  init(_ source: String) {
    self.source = source
  }
}

/// A call of a script, filled in piece by piece.
struct ScriptCall: Sendable {
  let script: RedisScript
  private(set) var arguments: [RedisCommand.Argument]

  init(_ script: RedisScript, keys: [String], arguments: [RedisCommand.Argument] = []) {
    self.script = script
    // The first two are filled in by `byDigest` or `bySource`.
    self.arguments = ["EVALSHA", "", .integer(keys.count)]
    self.arguments += keys.map { .string($0) }
    self.arguments += arguments
  }

  mutating func append(_ argument: RedisCommand.Argument) { arguments.append(argument) }

  mutating func reserveCapacity(_ count: Int) { arguments.reserveCapacity(count) }

  consuming func byDigest(_ digest: String) -> RedisCommand {
    arguments[1] = .string(digest)
    return RedisCommand(arguments)
  }

  /// Redis keeps the script when it gets the source.
  consuming func bySource() -> RedisCommand {
    arguments[0] = "EVAL"
    arguments[1] = .string(script.source)
    return RedisCommand(arguments)
  }
}
