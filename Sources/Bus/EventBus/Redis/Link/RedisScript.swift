import RedisDriver

/// A Lua script that Redis runs in one atomic step (https://redis.io/docs/latest/develop/programmability/eval-intro/).
struct RedisScript: Sendable, Hashable {
  let source: String

  init(_ source: String) {
    self.source = source
  }

  /// The same call with the source in place of the digest; Redis then keeps the script.
  func bySource(_ callByDigest: RedisCommand) -> RedisCommand {
    var command = callByDigest
    command.arguments[0] = "EVAL"
    command.arguments[1] = .string(source)
    return command
  }
}

/// A call of a script, filled in piece by piece.
struct ScriptCall: Sendable {
  let script: RedisScript
  private(set) var arguments: [RedisCommand.Argument]

  init(_ script: RedisScript, keys: [String], arguments: [RedisCommand.Argument] = []) {
    self.script = script
    // `byDigest` fills in the second.
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
}
