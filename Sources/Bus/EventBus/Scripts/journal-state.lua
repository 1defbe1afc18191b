-- One consistent look at the journal and its groups, so that nobody trims by two moments at once.
--
-- KEYS: the journal. Answers nil when there is none, or: entries, the first id or nil, the last id
-- given out, for each group its name, last delivered id, entries undelivered or nil, entries pending, the
-- oldest of them or nil, and whether Redis refuses writes for lack of memory. Only a write can tell the
-- last; this one changes nothing, because the journal exists, and fails harmlessly where nothing may be
-- written.
local journal = KEYS[1]
if redis.call('EXISTS', journal) == 0 then return false end
local function map(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end
local first = redis.call('XRANGE', journal, '-', '+', 'COUNT', 1)[1]
local stream = map(redis.call('XINFO', 'STREAM', journal))
local groups = {}
for i, flat in ipairs(redis.call('XINFO', 'GROUPS', journal)) do
  local group = map(flat)
  local pending = redis.call('XPENDING', journal, group['name'])
  groups[i] = {
    group['name'], group['last-delivered-id'], group['lag'] or false, pending[1], pending[2]
  }
end
local probe = redis.pcall('SETNX', journal, '')
local isOutOfMemory = type(probe) == 'table' and string.find(probe['err'] or '', 'OOM ', 1, true)
return {
  stream['length'], first and first[1] or false, stream['last-generated-id'], groups,
  isOutOfMemory and 1 or 0
}
