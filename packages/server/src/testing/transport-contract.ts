import { readFileSync } from "node:fs";
import { type ChannelState, snapshotFrames } from "@deltawire/protocol";
import { type ChangesFrame, parseFrame } from "@deltawire/spec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeFrame } from "../event-stream.js";
import { createServer, type Server } from "../server.js";
import { added, append, completed, digest, frame, removed, splice } from "./changes.js";

/** One who reads a channel over some transport. */
export interface ContractReader {
  /** The state once it has reached a version. */
  until(seq: number): Promise<ChannelState>;
  /** Goes away, and comes back to where it was. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

/** A transport, at the URL of a server; `http:`, with its path. */
export interface ContractTransport {
  /** Sends frames of producer "p" to a channel; resolves once the log holds them. */
  write(url: string, channel: string, frames: readonly ChangesFrame[]): Promise<void>;
  read(url: string, channel: string): Promise<ContractReader>;
}

const file = new URL("../../../../spec/vectors/fidelity.json", import.meta.url);
const { texts }: { texts: { name: string; steps: { frame: unknown }[]; result: string }[] } =
  JSON.parse(readFileSync(file, "utf8"));

/** A state as it is written. */
function written(state: ChannelState): unknown {
  const [whole] = snapshotFrames("", state, 0, Number.POSITIVE_INFINITY);
  return whole && JSON.parse(encodeFrame(whole));
}

/** A server, and what writes to it and reads from it over a transport. */
function fixture(transport: ContractTransport): {
  channel(name?: string): { readonly state: ChannelState };
  read(name?: string): Promise<ContractReader>;
  write(frames: readonly ChangesFrame[], name?: string): Promise<void>;
  /** Fails unless a reader ends in the state that the server has. */
  expectEqual(reader: ContractReader, name?: string): Promise<void>;
} {
  let server: Server;
  let url: string;
  const readers: ContractReader[] = [];
  beforeEach(async () => {
    server = createServer();
    url = (await server.listen({ port: 0 })).url.replace("ws", "http");
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close();
    await server.close();
  });
  return {
    channel: (name = "c") => server.channel(name),
    read: async (name = "c") => {
      const reader = await transport.read(url, name);
      readers.push(reader);
      return reader;
    },
    write: (frames: readonly ChangesFrame[], name = "c") => transport.write(url, name, frames),
    expectEqual: async (reader: ContractReader, name = "c") => {
      const { state } = server.channel(name);
      expect(written(await reader.until(state.seq))).toEqual(written(state));
    },
  };
}

/** What every transport must do alike: its readers end in the states that the server has. */
export function transportContract(title: string, transport: ContractTransport): void {
  describe(`${title}: the contract of transports`, () => {
    const { read, write, expectEqual, channel } = fixture(transport);

    test("join, append, edit back, complete, remove", async () => {
      const early = await read();
      await write([frame(0, added("m", "Running: Hello")), frame(1, added("n"))]);
      await expectEqual(early);
      const late = await read();
      await write([
        frame(2, append("m", 14, " wörld 😀"), append("n", 0, "x")),
        frame(3, splice("m", 0, 7, "Done")),
      ]);
      await write([
        frame(4, completed("m", digest("Done: Hello wörld 😀"))),
        frame(5, removed("n")),
      ]);
      for (const reader of [early, late, await read()]) await expectEqual(reader);
      expect(channel().state.message("m")).toMatchObject({ status: "completed" });
    });

    test("resume by version, whatever happened meanwhile", async () => {
      await write([frame(0, added("m", "Hello"))]);
      const reader = await read();
      await expectEqual(reader);
      await reader.reconnect();
      await expectEqual(reader);
      await write([frame(1, append("m", 5, " wor")), frame(2, append("m", 9, "ld"))]);
      await reader.reconnect();
      await expectEqual(reader);
      await write([frame(3, append("m", 11, "x".repeat(100_000))), frame(4, added("n"))]);
      await reader.reconnect();
      await expectEqual(reader);
    });

    test("a large state, parts of every kind, and what is left out", async () => {
      const parts = [
        { id: "text", kind: "text", text: "é".repeat(200_000) },
        { id: "json", kind: "json", value: { a: [1, null, "x"], constructor: 0 } },
        { id: "bytes", kind: "bytes", bytes: Uint8Array.from({ length: 999 }, (_, i) => i & 255) },
        { id: "empty", kind: "text", text: "" },
      ] as const;
      const reader = await read();
      await write([frame(0, added("m", "", { parts, attributes: { zero: 0, none: null } }))]);
      await expectEqual(reader);
      await expectEqual(await read());
    });

    test.each(texts)("byte for byte: $name", async ({ name, steps, result }) => {
      const frames = steps.map(({ frame: stated }) => parseFrame(stated, "base64") as ChangesFrame);
      const first = frame(0, added("m", "", { parts: [{ id: "t", kind: "text", text: "" }] }));
      const shifted = frames.map((next) => ({ ...next, from: next.from + 1, to: next.to + 1 }));
      const reader = await read(name);
      await write([first, ...shifted], name);
      await expectEqual(reader, name);
      const state = await reader.until(channel(name).state.seq);
      const part = state.message("m")?.part("t");
      expect(part?.kind === "text" && part.content.toString()).toBe(result);
    });
  });
}
