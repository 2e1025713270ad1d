import { connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import { afterEach, expect, test } from "vitest";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start() {
  const server = createServer();
  cleanups.push(() => server.close());
  const { url } = await server.listen({ port: 0 });
  const open = (codec: "json" | "msgpack" = "msgpack") => {
    const wire = connect(url, { codec, throttle: 0 });
    cleanups.push(() => wire.close());
    return wire;
  };
  return { server, open };
}

test.each(["json", "msgpack"] as const)("%s: what is written arrives", async (codec) => {
  const { open, server } = await start();
  const thread = open(codec).channel("thread");
  const viewer = open(codec).channel("thread");
  const stop = viewer.subscribe(() => undefined);
  const reply = thread.write("m1");
  reply.append("Hello");
  await new Promise((r) => setTimeout(r, 20));
  reply.append(" world 😀");
  reply.json("tool").set({ status: "running" });
  reply.bytes("out").append(new Uint8Array([1, 2, 3]));
  await new Promise((r) => setTimeout(r, 20));
  reply.json("tool").set({ status: "completed", output: "ok" });
  await reply.complete();
  await expect.poll(() => viewer.state.message("m1")?.status).toBe("completed");
  expect(viewer.state.message("m1")?.text).toBe("Hello world 😀");
  expect(server.channel("thread").state.message("m1")?.snapshot()).toEqual(
    viewer.state.message("m1")?.snapshot(),
  );
  stop();
});
