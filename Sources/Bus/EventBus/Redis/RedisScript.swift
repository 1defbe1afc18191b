import RedisDriver

/// A Lua script that Redis runs in one atomic step
/// (https://redis.io/docs/latest/develop/programmability/eval-intro/).
///
/// The scripts are the files in `Scripts`, where they say what they take and answer. The build puts
/// them into the program, which needs no file of its own at run time.
struct RedisScript: Sendable, Hashable {
  /// Tells scripts apart.
  let name: String
  let source: String

  private init(_ name: String, _ files: [UInt8]...) {
    self.name = name
    source = String(decoding: files.joined(), as: UTF8.self)
  }

  static let publish = RedisScript(
    "publish", PackageResources.append_and_publish_lua, PackageResources.publish_lua)
  /// The same for a journal that has several partitions.
  static let publishInPartition = RedisScript(
    "publish-in-partition", PackageResources.append_and_publish_in_partition_lua,
    PackageResources.publish_lua)
  static let tryPublishing = RedisScript(
    "try-publishing", PackageResources.try_publishing_lua)
  static let adopt = RedisScript(
    "adopt", PackageResources.append_and_publish_lua, PackageResources.adopt_lua)
  static let adoptInPartition = RedisScript(
    "adopt-in-partition", PackageResources.append_and_publish_in_partition_lua,
    PackageResources.adopt_lua)
  static let partitions = RedisScript("partitions", PackageResources.partitions_lua)
  static let rejectAdoption = RedisScript(
    "reject-adoption", PackageResources.reject_adoption_lua)
  static let createGroup = RedisScript("create-group", PackageResources.create_group_lua)
  static let leaveGroup = RedisScript("leave-group", PackageResources.leave_group_lua)
  static let forgetConsumers = RedisScript(
    "forget-consumers", PackageResources.forget_consumers_lua)
  static let readGroup = RedisScript("read-group", PackageResources.read_group_lua)
  static let readRange = RedisScript("read-range", PackageResources.read_range_lua)
  static let journalState = RedisScript("journal-state", PackageResources.journal_state_lua)
  static let addDeadLetters = RedisScript(
    "add-dead-letters", PackageResources.add_dead_letters_lua)
  static let pendingRefusals = RedisScript(
    "pending-refusals", PackageResources.pending_refusals_lua)
  static let storeDeadLetters = RedisScript(
    "store-dead-letters", PackageResources.store_dead_letters_lua)
  static let appendReplay = RedisScript("append-replay", PackageResources.append_replay_lua)
  static let forgetConsumersExcept = RedisScript(
    "forget-consumers-except", PackageResources.forget_consumers_except_lua)
  static let endOfJournal = RedisScript("end-of-journal", PackageResources.end_of_journal_lua)
  static let chooseNode = RedisScript("choose-node", PackageResources.choose_node_lua)
  static let summarizeDeadLetters = RedisScript(
    "summarize-dead-letters", PackageResources.summarize_dead_letters_lua)
  static let replayDeadLetter = RedisScript(
    "replay-dead-letter", PackageResources.replay_dead_letter_lua)
  static let postReport = RedisScript("post-report", PackageResources.post_report_lua)
  static let revokeTokens = RedisScript("revoke-tokens", PackageResources.revoke_tokens_lua)
  static let readReports = RedisScript("read-reports", PackageResources.read_reports_lua)

  static let readErased = RedisScript("read-erased", PackageResources.read_erased_lua)
  static let writeErased = RedisScript("write-erased", PackageResources.write_erased_lua)
  static let eraseEntries = RedisScript("erase-entries", PackageResources.erase_entries_lua)

  static func == (left: RedisScript, right: RedisScript) -> Bool { left.name == right.name }

  func hash(into hasher: inout Hasher) { hasher.combine(name) }

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

  /// By whose slot a cluster's node is found.
  var firstKey: String? {
    guard arguments.count > 3, case .string(let key) = arguments[3] else { return nil }
    return key
  }

  mutating func append(_ argument: RedisCommand.Argument) { arguments.append(argument) }

  mutating func reserveCapacity(_ count: Int) { arguments.reserveCapacity(count) }

  consuming func byDigest(_ digest: String) -> RedisCommand {
    arguments[1] = .string(digest)
    return RedisCommand(arguments)
  }
}
