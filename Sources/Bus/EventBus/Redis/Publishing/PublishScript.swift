extension RedisScript {
  /// Appends events to the journal and publishes each with its place in it.
  ///
  /// KEYS: the journal. ARGV: the channel, the journal's capacity, then each event's kind and payload.
  /// All or none: the capacity is checked first, and Redis checks its memory before a script's first
  /// write, not between its writes.
  static let publish = RedisScript(
    """
    local journal, arguments = KEYS[1], ARGV
    local call, sub, channel = redis.call, string.sub, arguments[1]
    local count = #arguments
    if call('XLEN', journal) + (count - 2) / 2 > tonumber(arguments[2]) then
      return redis.error_reply('FULL the journal has no room')
    end
    for i = 3, count, 2 do
      local event = arguments[i + 1]
      local id = call('XADD', journal, '*', 't', arguments[i], 'e', event)
      call('PUBLISH', channel, '{"stream_id":"' .. id .. '",' .. sub(event, 2))
    end
    return redis.status_reply('OK')
    """)
}
