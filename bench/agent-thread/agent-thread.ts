import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { connect, type Wire } from "@deltawire/client";
import { WebSocket } from "ws";
import { startBackend } from "../../examples/agent-thread/backend.js";
import { serveOldEditors } from "../../examples/agent-thread/old-editors/server.js";
import { type Count, CountingDatabase } from "../database/counted.js";
import { perToken } from "../database/per-token.js";
import type { Token } from "../database/way.js";
import type { Effort, Named, TargetRow } from "../results.js";
import { atMost } from "../targets/row.js";
import { chat } from "../wire/inputs/chat.js";

/** Tokens of the turn; they come at 100 a second. */
const TOKENS: Readonly<Record<Effort, number>> = { smallest: 100, quick: 1000, full: 1000 };

/** Milliseconds in which what was written last is saved, and indexed. */
const SETTLED = 700;

/** What a turn costs that an editor writes. */
interface Turn {
  /** Bytes that the page gets, and those that the editor sends, with the headers of WebSocket. */
  readonly page: number;
  readonly editor: number;
  readonly database: Count;
}

/** Where the backend listens, for pages and new editors, and for old ones. */
interface Addresses {
  readonly url: string;
  readonly old: string;
}

/** How an editor writes a turn in real time; resolves with the bytes that it has sent. */
type Editor = (addresses: Addresses, thread: string, tokens: readonly Token[]) => Promise<number>;

/**
 * A turn of an agent through the backend of `examples/agent-thread`, from a new editor and from one
 * of the old protocol, beside what a team has that sends everything with each token.
 *
 * @throws Error where a page, or PostgreSQL, ends with another text
 */
export async function measureAgentThread(
  effort: Effort,
  progress: (line: string) => void = () => undefined,
): Promise<Named<TargetRow>> {
  const { steps } = await chat("turn", TOKENS[effort], 100);
  const tokens = steps.flatMap(({ at, edits }) =>
    edits.flatMap((edit) => (edit.is === "append" ? [{ at, text: edit.text }] : [])),
  );
  const rows = await CountingDatabase.with(async (database) => {
    progress("agent-thread: what it was before");
    const before = await database.count(() => queriesEachToken(database, tokens));
    const backend = await startBackend({ database: database.url });
    const editors = await serveOldEditors(backend.url, 0);
    const addresses = { url: backend.url, old: editors.url };
    try {
      progress("agent-thread: warming up");
      await turn(database, addresses, newEditor, tokens.slice(0, 20));
      progress("agent-thread: a new editor");
      const ours = await turn(database, addresses, newEditor, tokens);
      progress("agent-thread: an old editor");
      const old = await turn(database, addresses, oldEditor, tokens);
      return rowsOf(tokens, ours, old, before);
    } finally {
      await editors.close();
      await backend.close();
    }
  });
  return rows ?? {};
}

function rowsOf(tokens: readonly Token[], ours: Turn, old: Turn, before: Count): Named<TargetRow> {
  const text = Buffer.byteLength(tokens.map((token) => token.text).join("")) / 1000;
  const details = { text, "everything with each token": old.editor / 1000 };
  const calls = ({ statements }: Count): number =>
    [...statements].reduce((sum, [sql, times]) => sum + (isControl(sql) ? 0 : times), 0);
  const indexed = (count: Count): number =>
    [...count.statements].reduce(
      (sum, [sql, n]) => sum + (sql.includes("entry_search") ? n : 0),
      0,
    );
  const kilobytes = (what: string, bytes: number, target: number): TargetRow =>
    atMost(what, bytes / 1000, "KB", target, details);
  return {
    page: kilobytes("an agent's turn of 1,000 tokens, at a page", ours.page, 10),
    editor: kilobytes("the same, from the editor", ours.editor, 10),
    "page-old": kilobytes("the same at a page, from an old editor by its adapter", old.page, 10),
    statements: atMost(
      "what PostgreSQL does for the turn",
      calls(ours.database),
      "statements",
      55,
      {
        "into the index": indexed(ours.database),
        "four a token": calls(before),
        "from an old editor": calls(old.database),
      },
    ),
    written: atMost(
      "what PostgreSQL writes for the turn",
      ours.database.written / 1000,
      "KB",
      before.written / 1000,
      { "from an old editor": old.database.written / 1000 },
    ),
  };
}

/** What begins and ends transactions asks for nothing. */
const isControl = (sql: string): boolean => /^(begin|commit|start|set|show)/i.test(sql);

async function queriesEachToken(
  database: CountingDatabase,
  tokens: readonly Token[],
): Promise<void> {
  const way = await perToken(database, tokens, 0);
  await way.write();
  await way.complete();
  await way.close();
}

let threads = 0;

/** A turn, as a page sees it that was there before. */
async function turn(
  database: CountingDatabase,
  addresses: Addresses,
  editor: Editor,
  tokens: readonly Token[],
): Promise<Turn> {
  const id = `bench-${++threads}`;
  const reader = connect(addresses.url);
  const page = reader.channel(`thread/${id}`);
  page.subscribe(() => undefined);
  while (!page.isLive) await wait(5);
  const received = counted(reader, "received");
  let sent = 0;
  const counts = await database.count(async () => {
    sent = await editor(addresses, id, tokens);
    await wait(SETTLED);
  });
  const text = tokens.map((token) => token.text).join("");
  const entry = page.state.messages.at(-1);
  if (entry?.text !== text || entry.status !== "completed") {
    throw new Error("the page shows another text than was written");
  }
  await reader.close();
  return { page: received(), editor: sent, database: counts };
}

const newEditor: Editor = async ({ url }, id, tokens) => {
  const wire = connect(url);
  const sent = counted(wire, "sent");
  const thread = wire.channel(`thread/${id}`);
  thread.setAttributes({ title: "A title", status: "running" });
  await thread.write("1", { role: "user", kind: "text" }).append("Why?").complete();
  const entry = thread.write("2", { kind: "text" });
  for await (const text of inTime(tokens)) entry.append(text);
  thread.setAttributes({ title: "A title", status: "idle" });
  await entry.complete();
  const bytes = sent();
  await wire.close();
  return bytes;
};

const oldEditor: Editor = async ({ old }, id, tokens) => {
  const socket = new WebSocket(old);
  await once(socket, "open");
  let sent = 0;
  const say = (event_type: string, data: object): void => {
    const message = JSON.stringify({ event_type, data: { acp_thread_id: id, ...data } });
    sent += onTheWire(Buffer.byteLength(message)) + MASK;
    socket.send(message);
  };
  const added = (message_id: string, role: string, content: string): void =>
    say("message_added", { message_id, role, content, entry_type: "text" });
  added("1", "user", "Why?");
  let soFar = "";
  for await (const text of inTime(tokens)) {
    soFar += text;
    added("2", "assistant", soFar);
  }
  say("message_completed", { message_id: "0" });
  await wait(SETTLED);
  socket.close();
  return sent;
};

/** The tokens, each when it comes. */
async function* inTime(tokens: readonly Token[]): AsyncGenerator<string> {
  const start = performance.now();
  for (const { at, text } of tokens) {
    const early = start + at - performance.now();
    if (early > 1) await wait(early);
    yield text;
  }
}

/** Bytes of the mask of a frame from a client (RFC 6455, section 5.2). */
const MASK = 4;

const onTheWire = (length: number): number =>
  length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Counts what a wire sends or receives from now on. */
function counted(wire: Wire, direction: "sent" | "received"): () => number {
  let bytes = 0;
  wire.tap((event) => {
    if (event.type !== "message" || event.direction !== direction) return;
    const { message } = event;
    bytes += onTheWire(typeof message === "string" ? Buffer.byteLength(message) : message.length);
    if (direction === "sent") bytes += MASK;
  });
  return () => bytes;
}
