/** One step of the tables' way. A step that was published is never changed. */
export interface Migration {
  readonly name: string;
  /** Statements; every name of our own stands in `{schema}`. */
  readonly sql: string;
}

/**
 * Locks each channel, in the order given; reads what is there only then, for until then another
 * server may have been saving it; decides; writes. The lock is held until the transaction ends.
 */
const SAVE = `
create function {schema}.save(saves jsonb, contents json[]) returns boolean[]
language plpgsql set enable_seqscan = off as $body$
declare
  answers boolean[] := '{}';
  item jsonb;
  name text;
  own_epoch text;
  own_seq bigint;
  head record;
  message record;
  patch jsonb;
  is_new boolean;
  is_good boolean;
begin
  for i in 0 .. jsonb_array_length(saves) - 1 loop
    item := saves -> i;
    name := item ->> 'channel';
    own_epoch := item ->> 'epoch';
    own_seq := (item ->> 'seq')::bigint;
    is_new := false;
    loop
      select c.epoch, c.seq into head from {schema}.channels c where c.channel = name for update;
      exit when found;
      insert into {schema}.channels (channel, epoch, seq, attributes)
        values (name, own_epoch, own_seq, '{}') on conflict do nothing;
      is_new := found;
    end loop;
    is_good := is_new or head.epoch <> own_epoch or head.seq <= own_seq;
    for patch in select value from jsonb_array_elements(item -> 'patches') loop
      exit when not is_good;
      select m.epoch = own_epoch as is_ours, coalesce((
          select max(p.seq) from {schema}.patches p where p.channel = name and p.id = m.id
        ), m.seq) as seq
        into message
        from {schema}.messages m where m.channel = name and m.id = patch ->> 'id';
      is_good := found and message.is_ours
        and message.seq in ((patch ->> 'since')::bigint, own_seq);
    end loop;
    answers := answers || is_good;
    if not is_good then
      if is_new then delete from {schema}.channels c where c.channel = name; end if;
      continue;
    end if;

    update {schema}.channels c set epoch = own_epoch, seq = own_seq,
        -- A value that is the same is not written again, however long it is.
        attributes = case when c.attributes = item -> 'attributes'
          then c.attributes else item -> 'attributes' end,
        closed = nullif(item -> 'closed', 'null')
      where c.channel = name;
    if item -> 'wholes' <> '[]' then
      delete from {schema}.patches p where p.channel = name
        and p.id in (select value ->> 'id' from jsonb_array_elements(item -> 'wholes'));
      insert into {schema}.messages as m
        select name, w.id, w."order", own_epoch, own_seq, w.role, w.kind, w.origin, w.status,
          w.generation, w.error, w.attributes, contents[w.content]
        from jsonb_to_recordset(item -> 'wholes') as w(id text, "order" double precision,
          role text, kind text, origin text, status text, generation bigint, error jsonb,
          attributes jsonb, content int)
        on conflict (channel, id) do update set "order" = excluded."order",
          epoch = excluded.epoch, seq = excluded.seq, role = excluded.role, kind = excluded.kind,
          origin = excluded.origin, status = excluded.status, generation = excluded.generation,
          error = excluded.error, attributes = excluded.attributes, parts = excluded.parts;
    end if;
    if item -> 'patches' <> '[]' then
      insert into {schema}.patches (channel, id, seq, changes)
        select name, value ->> 'id', own_seq, contents[(value ->> 'content')::int]
        from jsonb_array_elements(item -> 'patches')
        where not exists (select from {schema}.messages m
          where m.channel = name and m.id = value ->> 'id' and m.seq = own_seq)
        on conflict do nothing;
    end if;
    if item -> 'removed' <> '[]' then
      delete from {schema}.patches p where p.channel = name
        and p.id in (select jsonb_array_elements_text(item -> 'removed'));
      delete from {schema}.messages m where m.channel = name
        and m.id in (select jsonb_array_elements_text(item -> 'removed'));
    end if;
  end loop;
  return answers;
end
$body$;
`;

const DELETE = `
create function {schema}.delete(name text) returns void
language plpgsql set enable_seqscan = off as $body$
begin
  perform from {schema}.channels c where c.channel = name for update;
  delete from {schema}.patches p where p.channel = name;
  delete from {schema}.messages m where m.channel = name;
  delete from {schema}.channels c where c.channel = name;
end
$body$;
`;

/**
 * Names compare by their bytes: no library's idea of an order can come between. What is looked for
 * is `jsonb`; content is `json`, which keeps the keys of an object in their order, and costs nothing
 * to read back.
 */
const TABLES = `
create table {schema}.channels (
  channel text collate "C" primary key,
  epoch text collate "C" not null,
  seq bigint not null,
  attributes jsonb not null,
  closed jsonb
) with (fillfactor = 70);

create table {schema}.messages (
  channel text collate "C" not null,
  id text collate "C" not null,
  "order" double precision not null,
  epoch text collate "C" not null,
  seq bigint not null,
  role text not null,
  kind text,
  origin text,
  status text not null,
  generation bigint not null,
  error jsonb,
  attributes jsonb,
  parts json not null,
  primary key (channel, id)
);
create index messages_order on {schema}.messages (channel, "order");

create table {schema}.patches (
  channel text collate "C" not null,
  id text collate "C" not null,
  seq bigint not null,
  changes json not null,
  primary key (channel, id, seq)
);

create function {schema}.plain(stored text) returns text
language sql immutable strict parallel safe
return regexp_replace(stored, '\\x7f(.)', '\\1', 'g');

create view {schema}.message_texts with (security_invoker = true) as
select m.channel, m.id, m."order", m.role, m.kind, m.status,
  {schema}.plain(jsonb_path_query_first(m.parts::jsonb,
    '$[*] ? (@.id == "text" && @.kind == "text").text') #>> '{}') as text,
  exists (select from {schema}.patches p where p.channel = m.channel and p.id = m.id) as is_behind
from {schema}.messages m;

comment on schema {schema} is 'Deltawire: the history of channels';
comment on table {schema}.patches is 'what has changed in messages that are not finished, since the row in messages';
comment on column {schema}.messages.parts is 'in order: text, json, and bytes as base64; U+0000 is U+2400';
comment on view {schema}.message_texts is 'the default text of each message; is_behind: later changes are in patches';
`;

/** All steps, in order: the version of the tables is how many of them were done. */
export const MIGRATIONS: readonly Migration[] = [
  { name: "channels, messages and patches", sql: TABLES + SAVE + DELETE },
];
