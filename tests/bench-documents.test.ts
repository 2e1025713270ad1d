import { describe, expect, test } from "vitest";
import type { Edit, Input, Message, Peer } from "../bench/wire/peer.js";
import { durableStreams } from "../bench/wire/peers/durable-streams.js";
import { servedFor as servedStream } from "../bench/wire/peers/durable-streams-server.js";
import { jsonJoy } from "../bench/wire/peers/json-joy.js";
import { loro } from "../bench/wire/peers/loro.js";
import { socketIo } from "../bench/wire/peers/socket-io.js";
import { servedFor as servedEvents } from "../bench/wire/peers/socket-io-server.js";
import { yjs } from "../bench/wire/peers/yjs.js";
import { Run } from "../bench/wire/run.js";

// The peers of the benchmark that hold a document, keep a log, or carry an application's events.

const PEERS = [yjs, loro, jsonJoy, durableStreams, socketIo];

/** An input whose edits are a window each. */
const inputOf = (name: string, windows: readonly (readonly Edit[])[]): Input => ({
  name,
  title: name,
  steps: windows.map((edits, i) => ({ at: i * 1000, edits })),
});

const text = (part: string): Edit => ({ is: "text", part });
const append = (part: string, appended: string): Edit => ({ is: "append", part, text: appended });

const CHAT = inputOf("chat", [
  [text("answer")],
  [append("answer", " It begins")],
  [append("answer", ", has\r\nlines\n\n")],
  [append("answer", "and ends 😀.")],
]);

const AGENT = inputOf("agent", [
  [text("answer"), append("answer", "(running) list\n")],
  [text("thought"), append("thought", "日本語")],
  [
    { is: "splice", part: "answer", offset: 1, removed: 7, text: "done ✓" },
    append("answer", "It has worked. "),
    append("thought", "です"),
  ],
  [{ is: "splice", part: "answer", offset: 0, removed: 9, text: "" }, append("answer", "Bye.")],
]);

const CALL = { id: "a", output: "", state: "runs", of: { "a/b": [1, null] } };
const STATE = inputOf("state", [
  [{ is: "json", part: "state", value: { title: "x", calls: [CALL] } }],
  [
    {
      is: "patch",
      part: "state",
      operations: [
        { op: "splice", path: "/calls/0/output", changed_offset: 0, removed: 0, text: "hell" },
      ],
      value: { title: "x", calls: [{ ...CALL, output: "hell" }] },
    },
  ],
  [
    {
      is: "patch",
      part: "state",
      operations: [
        { op: "splice", path: "/calls/0/output", changed_offset: 4, removed: 0, text: "o" },
        { op: "replace", path: "/calls/0/state", value: "done" },
        { op: "add", path: "/calls/-", value: { id: "b", output: "" } },
        { op: "replace", path: "/calls/0/of/a~1b/1", value: true },
      ],
      value: {
        title: "x",
        calls: [
          { ...CALL, output: "hello", state: "done", of: { "a/b": [1, true] } },
          { id: "b", output: "" },
        ],
      },
    },
  ],
  [
    {
      is: "patch",
      part: "state",
      operations: [
        { op: "remove", path: "/calls/0" },
        { op: "splice", path: "/calls/0/output", changed_offset: 0, removed: 0, text: "more" },
        { op: "splice", path: "/calls/0/output", changed_offset: 1, removed: 2, text: "u" },
        { op: "remove", path: "/title" },
        { op: "add", path: "/ended", value: { at: 1 } },
      ],
      value: { calls: [{ id: "b", output: "mue" }], ended: { at: 1 } },
    },
  ],
]);

/** The messages of each window, as they reach a consumer who shows the right thing all along. */
async function played(peer: Peer, input: Input): Promise<Message[]> {
  const run = await Run.begin(peer, input);
  const messages: Message[] = [];
  for (const window of run.windows) {
    for (const message of run.send(window)) {
      messages.push(message);
      await run.receiver.receive(message);
    }
    run.check();
    const joining = peer.receiver(input);
    for (const message of run.sender.join()) await joining.receive(message);
    run.check(joining);
    expect([run.receiver.hasNoticed, joining.hasNoticed]).toEqual([false, false]);
  }
  return messages;
}

describe.each(PEERS)("$name", (peer) => {
  test.each([CHAT, AGENT, STATE])("brings $name over, to one who joins too", async (input) => {
    expect(await played(peer, input)).not.toHaveLength(0);
  });
});

test.each([yjs, loro, jsonJoy])("$name notices what is missing", async (peer) => {
  const messages = await played(peer, CHAT);
  const receiver = peer.receiver(CHAT);
  for (const message of messages.filter((_, i) => i !== 1)) await receiver.receive(message);
  expect(receiver.hasNoticed).toBe(true);
});

test.each([CHAT, AGENT, STATE])(
  "Durable Streams' server sends the same for $name",
  async (input) => {
    const run = await Run.begin(durableStreams, input);
    const { sender } = run;
    const posted = run.windows.flatMap((window) => sender.send(window)).map(String);
    const served = await servedStream(posted, "application/json");
    const events = sender.relay?.(posted) ?? [];
    expect(served.events.slice(1)).toEqual(events);
    const [log, head] = sender.join();
    expect(served.body).toBe(Buffer.from(log ?? "").toString());
    expect(String(events.at(-1)).endsWith(String(head))).toBe(true);
  },
);

test("as plain text, Durable Streams' events lose a space where they begin with one", async () => {
  const { events } = await servedStream([" It"], "text/plain");
  // A reader of server-sent events takes one space after the colon for none.
  expect(events[1]).toMatch(/^event: data\ndata: It\n\n/);
});

test.each([CHAT, AGENT, STATE])("Socket.IO's server sends the same for $name", async (input) => {
  const { sender, windows } = await Run.begin(socketIo, input);
  const sent = windows.flatMap((window) => sender.send(window)).map(String);
  const served = await servedEvents(sent.map((message) => JSON.parse(message.slice(2))));
  expect(served).toEqual(sent);
});
