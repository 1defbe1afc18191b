-- Removes entries from the journal and from what is pending in its groups; answers how many were there, and the
-- ids of those that were left because they are being written.
--
-- KEYS: the journal. ARGV: the milliseconds within which a consumer has touched what it is writing, then the ids.
-- An entry that is only deleted stays pending, and would be handed out as a hole for ever; one that is only
-- acknowledged stays readable.
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, {}} end
local groups = {}
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  for i = 1, #flat, 2 do
    if flat[i] == 'name' then groups[#groups + 1] = flat[i + 1] end
  end
end
local removed, held = 0, {}
for i = 2, #ARGV do
  local is_held = false
  for _, group in ipairs(groups) do
    local pending = redis.call('XPENDING', KEYS[1], group, ARGV[i], ARGV[i], 1)[1]
    if pending and pending[3] < tonumber(ARGV[1]) then is_held = true end
  end
  if is_held then
    held[#held + 1] = ARGV[i]
  else
    for _, group in ipairs(groups) do redis.call('XACK', KEYS[1], group, ARGV[i]) end
    removed = removed + redis.call('XDEL', KEYS[1], ARGV[i])
  end
end
return {removed, held}
