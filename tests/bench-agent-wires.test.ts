import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import type { Input, Message, Peer } from "../bench/wire/peer.js";
import { acp } from "../bench/wire/peers/acp.js";
import { agUi } from "../bench/wire/peers/ag-ui.js";
import { agUiProtobuf } from "../bench/wire/peers/ag-ui-protobuf.js";
import { aiSdk } from "../bench/wire/peers/ai-sdk.js";
import { chatgpt } from "../bench/wire/peers/chatgpt.js";
import { fossilDelta } from "../bench/wire/peers/fossil-delta.js";
import { Run } from "../bench/wire/run.js";
import { ARGUMENT, append, begin, inputOf, STATE, TURN } from "./agent-runs.js";

// That the peers which speak an agent's protocol speak it as its own packages do.

const inBench = createRequire(new URL("../bench/package.json", import.meta.url));

/** A package that only the benchmark has. */
const load = (name: string): Promise<unknown> => import(pathToFileURL(inBench.resolve(name)).href);

const INPUTS = [TURN, ARGUMENT, STATE];

/** All that a peer sends of a run, and to one who joins at its end. */
async function sent(peer: Peer, input: Input): Promise<Message[]> {
  const run = await Run.begin(peer, input);
  const messages = run.windows.flatMap((window) => [...run.send(window)]);
  return [...messages, ...run.sender.join(), ...run.end()];
}

const json = (event: Message): unknown => JSON.parse(String(event).slice("data: ".length));

describe("ai-sdk", () => {
  interface Ai {
    asSchema(schema: unknown): { validate(value: unknown): Promise<{ success: boolean }> };
    readonly JsonToSseTransformStream: new () => TransformStream<unknown, string>;
    readonly uiMessageChunkSchema: unknown;
  }

  test("sends chunks of the package's schema, as the package writes them", async () => {
    const { asSchema, JsonToSseTransformStream, uiMessageChunkSchema } = (await load("ai")) as Ai;
    for (const input of INPUTS) {
      const events = (await sent(aiSdk, input)).map(String);
      const chunks = events.slice(0, -1).map(json);
      const { validate } = asSchema(uiMessageChunkSchema);
      for (const chunk of chunks) expect(await validate(chunk)).toMatchObject({ success: true });
      const stream = new JsonToSseTransformStream();
      const written = new Response(stream.readable.pipeThrough(new TextEncoderStream())).text();
      const writer = stream.writable.getWriter();
      for (const chunk of chunks) await writer.write(chunk);
      await writer.close();
      expect(await written).toBe(events.join(""));
    }
  });

  test("puts what is edited back into a data part, an argument into deltas of its JSON", async () => {
    const turn = (await sent(aiSdk, TURN)).join("");
    expect(turn).toContain('{"type":"data-line","id":"1","data":"done"}');
    const call = (await sent(aiSdk, ARGUMENT)).join("");
    expect(call).toContain(String.raw`"inputTextDelta":"say \\\""}`);
    expect(call).toContain('"type":"tool-input-available"');
  });

  test("notices a text that never began", async () => {
    const receiver = aiSdk.receiver(TURN);
    await receiver.receive('data: {"type":"text-delta","id":"0","delta":"x"}\n\n');
    expect(receiver.hasNoticed).toBe(true);
  });
});

describe("ag-ui", () => {
  interface Schemas {
    readonly EventSchemas: { parse(event: unknown): unknown };
  }
  interface Proto {
    decode(event: Uint8Array): object;
  }

  test("sends events of the package's schema", async () => {
    const { EventSchemas } = (await load("@ag-ui/core/schemas")) as Schemas;
    for (const input of INPUTS) {
      for (const event of await sent(agUi, input)) {
        expect(EventSchemas.parse(json(event))).toEqual(json(event)); // nothing unknown, nothing lost
      }
    }
  });

  test("sends the same in protobuf, each with its length", async () => {
    const { decode } = (await load("@ag-ui/proto")) as Proto;
    for (const input of INPUTS) {
      const events = (await sent(agUi, input)).map(json);
      const frames = (await sent(agUiProtobuf, input)) as Uint8Array[];
      for (const [i, frame] of frames.entries()) {
        const view = new DataView(frame.buffer, frame.byteOffset);
        expect(view.getUint32(0)).toBe(frame.length - 4);
        expect(decode(frame.subarray(4))).toMatchObject(events[i] as object);
      }
    }
  });

  test("notices a chunk that belongs to nothing, and a patch that does not apply", () => {
    for (const event of [
      { type: "TEXT_MESSAGE_CHUNK", delta: "x" },
      { type: "STATE_DELTA", delta: [{ op: "replace", path: "/a/b", value: 1 }] },
    ]) {
      const receiver = agUi.receiver(TURN);
      void receiver.receive(`data: ${JSON.stringify(event)}\n\n`);
      expect(receiver.hasNoticed).toBe(true);
    }
  });
});

describe("acp", () => {
  interface Acp {
    agent(): { connect(stream: unknown): { client: { notify(...all: unknown[]): Promise<void> } } };
    ndJsonStream(out: WritableStream<Uint8Array>, read: ReadableStream<Uint8Array>): unknown;
  }

  test("sends lines as the package's own agent does", async () => {
    const { agent, ndJsonStream } = (await load("@agentclientprotocol/sdk")) as Acp;
    for (const input of INPUTS) {
      const lines = (await sent(acp, input)).map(String);
      const out = new TransformStream<Uint8Array, Uint8Array>();
      const written = new Response(out.readable).text();
      const nothing = new ReadableStream<Uint8Array>();
      const connection = agent().connect(ndJsonStream(out.writable, nothing));
      for (const line of lines) {
        const { method, params } = JSON.parse(line);
        await connection.client.notify(method, params);
      }
      await out.writable.close();
      expect(await written).toBe(lines.map((line) => `${line}\n`).join(""));
    }
  });
});

describe("chatgpt", () => {
  test("leaves out pointer, operation and message where they stay the same", async () => {
    const input = inputOf(
      [begin()],
      [append("Hi")],
      [append(" there")],
      [begin("more"), append("!"), append("x", "more")],
    );
    const run = await Run.begin(chatgpt, input);
    const events = run.windows.flatMap((window) => [...run.send(window)]);
    const frames = events.slice(2).map((event) => String(event).split("data: ")[1]?.trim());
    expect(events[0]).toBe('event: delta_encoding\ndata: "v1"\n\n');
    expect(frames).toEqual([
      '{"p":"/message/content/parts/0","o":"append","v":"Hi"}',
      '{"v":" there"}',
      expect.stringMatching(/^\{"p":"","o":"add","v":\{"message":\{"id":"more",.*\}\},"c":1\}$/),
      '{"p":"/message/content/parts/0","o":"append","v":"!","c":0}',
      '{"v":"x","c":1}',
    ]);
  });

  test("sends several changes of a message as one patch", async () => {
    const events = (await sent(chatgpt, TURN)).join("");
    expect(events).toContain(
      '{"o":"patch","v":[{"p":"/message/content/parts/0","o":"append","v":"Look: "},',
    );
    expect(events).toContain(
      '{"v":[{"p":"/message/content/parts/2","o":"append","v":"On it."},' +
        '{"p":"/message/content/parts/1","o":"replace","v":"done"}]}',
    );
  });
});

describe("fossil-delta", () => {
  test("pushes publications as Centrifugo's protobuf has them", async () => {
    const [first, second] = (await sent(fossilDelta, TURN)) as Uint8Array[];
    const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
    const payload = hex(new TextEncoder().encode('{"text":""}'));
    expect(hex(first)).toBe(
      `19 22 17 12 04 63686174 22 0f 22 0b ${payload} 30 01`.replaceAll(" ", ""),
    );
    expect(second?.at(-1)).toBe(2); // its offset, of a payload that is sent whole
  });

  test("notices by the checksum that a delta is not for what it has", async () => {
    const run = await Run.begin(fossilDelta, TURN);
    const all = run.windows.flatMap((window) => [...run.send(window)]);
    for (const [i, message] of all.entries()) if (i !== 2) await run.receiver.receive(message);
    expect(run.receiver.hasNoticed).toBe(true);
  });
});
