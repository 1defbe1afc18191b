extension RedisScript {
  /// Appends events to the journal and publishes each with its place in it.
  ///
  /// KEYS: the journal. ARGV: the channel, the journal's capacity, then each event's kind and payload.
  /// All or none: the capacity is checked first, and Redis checks its memory before a script's first
  /// write, not between its writes.
  static let publish = RedisScript(
    """
    local journal, channel = KEYS[1], ARGV[1]
    if redis.call('XLEN', journal) + (#ARGV - 2) / 2 > tonumber(ARGV[2]) then
      return redis.error_reply('FULL the journal has no room')
    end
    for i = 3, #ARGV, 2 do
      local id = redis.call('XADD', journal, '*', 't', ARGV[i], 'e', ARGV[i + 1])
      redis.call('PUBLISH', channel, '{"stream_id":"' .. id .. '",' .. string.sub(ARGV[i + 1], 2))
    end
    return redis.status_reply('OK')
    """)
}
