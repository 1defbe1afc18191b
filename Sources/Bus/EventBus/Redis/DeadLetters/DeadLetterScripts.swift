extension RedisScript {
  /// Stores dead letters, all or none.
  ///
  /// KEYS: the dead letters. ARGV: each letter's sink, reason, attempts, kind and payload.
  static let addDeadLetters = RedisScript(
    """
    for i = 1, #ARGV, 5 do
      redis.call('XADD', KEYS[1], '*', 'k', ARGV[i], 'r', ARGV[i + 1], 'a', ARGV[i + 2],
        't', ARGV[i + 3], 'e', ARGV[i + 4])
    end
    return redis.status_reply('OK')
    """)

  /// Dead letters without their payloads, so that looking for a few among many moves little.
  ///
  /// KEYS: the dead letters. ARGV: where to begin, as XRANGE takes it, and how many. Answers for each
  /// its id, sink, reason, attempts, kind and the payload's length.
  static let summarizeDeadLetters = RedisScript(
    """
    local summaries = {}
    for i, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
      local letter = {}
      for j = 1, #entry[2], 2 do letter[entry[2][j]] = entry[2][j + 1] end
      summaries[i] = {
        entry[1], letter['k'] or '', letter['r'] or '', letter['a'] or '0', letter['t'] or '',
        #(letter['e'] or '')
      }
    end
    return summaries
    """)

  /// Moves a dead letter to the journal, for its sink alone; 0 when it is gone.
  ///
  /// KEYS: the dead letters, the journal. ARGV: the letter's id, the journal's capacity.
  static let replayDeadLetter = RedisScript(
    """
    local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
    if not found then return 0 end
    local letter = {}
    for i = 1, #found[2], 2 do letter[found[2][i]] = found[2][i + 1] end
    if letter['k'] == 'bus' then
      return redis.error_reply('ERR a letter of sink bus has no sink to be replayed for')
    end
    if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[2]) then
      return redis.error_reply('FULL the journal has no room')
    end
    redis.call('XADD', KEYS[2], '*', 't', letter['t'], 'e', letter['e'], 's', letter['k'])
    redis.call('XDEL', KEYS[1], ARGV[1])
    return 1
    """)
}
