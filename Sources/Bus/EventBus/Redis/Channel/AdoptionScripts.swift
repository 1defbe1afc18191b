extension RedisScript {
  /// Journals and publishes an event unless its ticket has been used; 0 when it has.
  ///
  /// KEYS: the highest ordinal used behind the mark, the journal. ARGV: the ordinal, the channel, the
  /// journal's capacity, the event's kind and payload.
  static let adopt = RedisScript(
    """
    if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
    if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[3]) then
      return redis.error_reply('FULL the journal has no room')
    end
    redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400)
    local id = redis.call('XADD', KEYS[2], '*', 't', ARGV[4], 'e', ARGV[5])
    redis.call('PUBLISH', ARGV[2], '{"stream_id":"' .. id .. '",' .. string.sub(ARGV[5], 2))
    return 1
    """)

  /// Stores a dead letter unless its ticket has been used; 0 when it has.
  ///
  /// KEYS: the highest ordinal used behind the mark, the dead letters. ARGV: the ordinal, the
  /// letter's sink, reason, attempts, kind and payload.
  static let rejectAdoption = RedisScript(
    """
    if tonumber(ARGV[1]) <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400)
    redis.call('XADD', KEYS[2], '*', 'k', ARGV[2], 'r', ARGV[3], 'a', ARGV[4],
      't', ARGV[5], 'e', ARGV[6])
    return 1
    """)
}
