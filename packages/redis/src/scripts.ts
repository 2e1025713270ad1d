import { createHash } from "node:crypto";

/** A script that Redis runs in one step, which nothing else comes between. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  /** What Redis knows it by once it has run. */
  readonly sha: string;
}

const script = (name: string, lua: string): Script => ({
  name,
  lua,
  sha: createHash("sha1").update(lua).digest("hex"),
});

/**
 * What a log holds: `{0, continues, snapshot index, tag, data, {{id, {"t", tag, "d", data}}…}}`.
 * A log with a hole, of which Redis has evicted a part, is no log: it is deleted.
 */
const CONTENTS = `
local function contents(after, tag)
  local head = redis.call('HMGET', KEYS[1], 'i', 't')
  if not head[1] then return {0, 0, false, false, false, {}} end
  local snapshot = redis.call('HMGET', KEYS[3], 'i', 't')
  local last, from = tonumber(head[1]), tonumber(after)
  local known = false
  if from and from <= last then
    if from == 0 then
      known = tag == ''
    elseif snapshot[1] == after then
      known = snapshot[2] == tag
    else
      local record = redis.call('XRANGE', KEYS[2], after .. '-0', after .. '-0')[1]
      known = record and record[2][2] == tag
    end
    if known then
      local records = redis.call('XRANGE', KEYS[2], '(' .. after .. '-0', '+')
      if #records == last - from then return {0, 1, false, false, false, records} end
    end
  end
  local records = redis.call('XRANGE', KEYS[2], '-', '+')
  local first = last - #records + 1
  local base = tonumber(snapshot[1] or '0')
  local whole = first - 1 <= base and base <= last
  if #records > 0 then
    whole = whole and records[1][1] == string.format('%.0f-0', first)
      and records[#records][1] == head[1] .. '-0' and records[#records][2][2] == head[2]
  else
    whole = whole and snapshot[2] == head[2]
  end
  if not whole then
    redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
    return {0, 0, false, false, false, {}}
  end
  local data = snapshot[1] and redis.call('HGET', KEYS[3], 'd')
  return {0, 0, snapshot[1], snapshot[2], data, records}
end
`;

const EXPIRE = `
local function expire(after)
  if after ~= '0' then
    redis.call('PEXPIRE', KEYS[1], after)
    redis.call('PEXPIRE', KEYS[2], after)
    redis.call('PEXPIRE', KEYS[3], after)
  end
end
`;

/**
 * KEYS: head, log, snapshot, news. ARGV: index and tag of the place, index and tag of the record,
 * data, whether it leaves work to do (1, 0), whether the mark for that is there (1, 0), 1 to publish
 * the data too, milliseconds until it expires.
 * Returns `{1, 1 where there was work to do}`, `{2}` where the mark is needed first, or the contents.
 */
export const APPEND: Script = script(
  "append",
  `${CONTENTS}${EXPIRE}
local head = redis.call('HMGET', KEYS[1], 'i', 't', 'u')
local index, before, work = head[1] or '0', head[2] or '', head[3] or '0'
if index ~= ARGV[1] or before ~= ARGV[2] then return contents(ARGV[1], ARGV[2]) end
if ARGV[6] == '1' and work ~= '1' and ARGV[7] ~= '1' then return {2} end
if index == '0' then redis.call('DEL', KEYS[2], KEYS[3]) end
redis.call('XADD', KEYS[2], ARGV[3] .. '-0', 't', ARGV[4], 'd', ARGV[5])
redis.call('HSET', KEYS[1], 'i', ARGV[3], 't', ARGV[4], 'u', ARGV[6])
expire(ARGV[9])
local data = ARGV[8] == '1' and ARGV[5] or ''
redis.call('SPUBLISH', KEYS[4], (ARGV[8] == '1' and 'r' or 'p') .. ARGV[3] .. ' ' .. #ARGV[4]
  .. ' ' .. #before .. ' ' .. ARGV[4] .. before .. data)
return {1, tonumber(work)}
`,
);

/** KEYS: head, log, snapshot. ARGV: index and tag of the place (or ''), milliseconds until it expires. */
export const READ: Script = script(
  "read",
  `${CONTENTS}${EXPIRE}
expire(ARGV[3])
return contents(ARGV[1], ARGV[2])
`,
);

/** KEYS: head, log, snapshot. ARGV: index, tag, data, first index that is kept, expiry. */
export const COMPACT: Script = script(
  "compact",
  `${EXPIRE}
local older = redis.call('HMGET', KEYS[3], 'i', 't')
local index = tonumber(ARGV[1])
if older[1] and tonumber(older[1]) > index then return 0 end
if older[1] ~= ARGV[1] or older[2] ~= ARGV[2] then
  local record = redis.call('XRANGE', KEYS[2], ARGV[1] .. '-0', ARGV[1] .. '-0')[1]
  if not record or record[2][2] ~= ARGV[2] then return 0 end
end
redis.call('HSET', KEYS[3], 'i', ARGV[1], 't', ARGV[2], 'd', ARGV[3])
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[4] .. '-0')
expire(ARGV[5])
return 1
`,
);

/** KEYS: head, log, snapshot, news. */
export const DELETE: Script = script(
  "delete",
  `
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('SPUBLISH', KEYS[4], 'x')
return 1
`,
);

/** KEYS: head, log, snapshot. ARGV: expiry. Returns the tag of the last record, and puts off the expiry. */
export const TOUCH: Script = script(
  "touch",
  `${EXPIRE}
expire(ARGV[1])
return redis.call('HGET', KEYS[1], 't')
`,
);

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Milliseconds for which nobody has renewed a lease, after which it was Redis that was away. Leases
 * are renewed every two seconds or so by each server, and are longer than this.
 */
const AWAY = 3000;

/**
 * The name of what is there, and the time that Redis was away: nobody's lease ran out in it, since
 * nobody could renew one.
 */
const STATE = (key: number, candidate: number) => `
redis.call('HSETNX', KEYS[${key}], 'name', ARGV[${candidate}])
local state = redis.call('HMGET', KEYS[${key}], 'name', 'at', 'quiet')
local name, last, away = state[1], tonumber(state[2]), 0
if last and now - last > ${AWAY} then away = now - last end
redis.call('HSET', KEYS[${key}], 'at', string.format('%.0f', now))
`;

/**
 * KEYS: work, marks. ARGV: channel, index of the record, milliseconds for which somebody sees to it.
 * Returns until when. A mark is never taken back to an earlier record or time.
 */
export const MARK: Script = script(
  "mark",
  `${NOW}
local till = 0
if ARGV[3] ~= '0' then till = now + tonumber(ARGV[3]) end
redis.call('ZADD', KEYS[1], 'GT', string.format('%.0f', till), ARGV[1])
local mark = redis.call('HGET', KEYS[2], ARGV[1])
local index = mark and tonumber(string.match(mark, '^%d+')) or 0
if tonumber(ARGV[2]) > index then index = tonumber(ARGV[2]) end
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f:%.0f:', index, now) .. time[2])
return till
`,
);

/** KEYS: work, marks. ARGV: channel, index of the record that left nothing to do. */
export const UNMARK: Script = script(
  "unmark",
  `
local mark = redis.call('HGET', KEYS[2], ARGV[1])
if mark and tonumber(string.match(mark, '^%d+')) > tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
`,
);

/** KEYS: work, marks. ARGV: channel, the mark as it was. Takes back this very mark. */
export const FORGET: Script = script(
  "forget",
  `
if (redis.call('HGET', KEYS[2], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
`,
);

/**
 * KEYS: work, marks. ARGV: channel, index of the last record, milliseconds. A mark whose work is not
 * there is taken back: at once where the record was passed, else when it is as old as that.
 */
export const MEND: Script = script(
  "mend",
  `${NOW}
local mark = redis.call('HGET', KEYS[2], ARGV[1])
local index, since = string.match(mark or '0:0:', '^(%d+):(%d+)')
if tonumber(index) <= tonumber(ARGV[2]) or now - tonumber(since) > tonumber(ARGV[3]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
  return 1
end
redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', now + 5000), ARGV[1])
return 0
`,
);

/** KEYS: leases, state. ARGV: server, milliseconds, candidate. Returns `{now, name, {servers}}`. */
export const RENEW: Script = script(
  "renew",
  `${NOW}${STATE(2, 3)}
if away > 0 then
  local lived = redis.call('ZRANGE', KEYS[1], string.format('(%.0f', last), '+inf', 'BYSCORE')
  for _, server in ipairs(lived) do redis.call('ZINCRBY', KEYS[1], away, server) end
end
local duration = tonumber(ARGV[2])
if duration > 0 then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + duration), ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
return {now, name, redis.call('ZRANGE', KEYS[1], 0, -1)}
`,
);

/**
 * KEYS: work, state. ARGV: candidate, milliseconds, how many orphans at most, number of channels that
 * are seen to, those channels, then channels that are not any more, each with the time until which
 * they were to be. Returns `{until, name, {orphans}}`.
 */
export const SEE_TO: Script = script(
  "see to",
  `${NOW}${STATE(2, 1)}
local quiet = tonumber(state[3] or '0')
if away > 0 then
  quiet = now + tonumber(ARGV[2])
  redis.call('HSET', KEYS[2], 'quiet', string.format('%.0f', quiet))
end
local till = 0
if ARGV[2] ~= '0' then till = now + tonumber(ARGV[2]) end
local score, count = string.format('%.0f', till), tonumber(ARGV[4])
for i = 5, 4 + count do redis.call('ZADD', KEYS[1], score, ARGV[i]) end
for i = 5 + count, #ARGV, 2 do
  if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or -1) == tonumber(ARGV[i + 1]) then
    redis.call('ZADD', KEYS[1], 'XX', '0', ARGV[i])
  end
end
if now < quiet then return {till, name, {}} end
local orphans = redis.call('ZRANGE', KEYS[1], '-inf', string.format('%.0f', now), 'BYSCORE',
  'LIMIT', '0', ARGV[3])
return {till, name, orphans}
`,
);
