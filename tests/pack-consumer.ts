// A user's program. pack.test.ts compiles it against the packed packages twice, as an ES module and
// as CommonJS, and runs both: what it prints last is the text that has travelled. It ends by
// itself: nothing keeps the process alive once both sides are closed.
import { type Channel, connect } from "@deltawire/client";
import { Decoder } from "@deltawire/decoder";
import { Encoder } from "@deltawire/encoder";
import { type ChannelState, diff } from "@deltawire/protocol";
import { createServer } from "@deltawire/server";
import { DeltawireError, PROTOCOL_VERSION } from "@deltawire/spec";

/** Resolves with a channel's state as soon as it is what is waited for. */
function seen(channel: Channel, ready: (state: ChannelState) => boolean): Promise<ChannelState> {
  return new Promise((resolve, reject) => {
    const stop = channel.subscribe(() => {
      if (channel.error) reject(channel.error);
      if (!ready(channel.state)) return;
      stop();
      resolve(channel.state);
    });
  });
}

async function main(): Promise<string> {
  const server = createServer();
  const { url } = await server.listen({ port: 0 });
  const completed: string[] = [];
  server.on("message_completed", ({ channel, message }) => {
    completed.push(`${channel}/${message.id}`);
  });

  const editor = connect(url, { throttle: 10 });
  const viewers = [connect(url), connect(url, { codec: "json" })];
  const states = viewers.map((wire) =>
    seen(wire.channel("thread"), (state) => state.message("reply")?.isFinal === true),
  );
  const reply = editor.channel("thread").write("reply", { role: "assistant" });
  for (const token of ["Hello", ",", " wor", "ld", " 👋"]) reply.append(token);
  reply.json("tool").set({ name: "grep", status: "running" });
  reply.json("tool").set({ name: "grep", status: "completed" });
  await reply.complete();

  const here = server.channel("thread").state;
  const texts = (await Promise.all(states)).map((state) => {
    if (diff("thread", here, state).changes.length > 0) throw new Error("the states differ");
    return state.message("reply")?.text;
  });
  await Promise.all([editor, ...viewers].map((wire) => wire.close()));
  await server.close();

  // The engines alone, as another transport would use them.
  const encoder = new Encoder("thread");
  encoder.change({ type: "message_added", id: "m", generation: 0, role: "user", parts: [] });
  const frames = encoder.take(0).length;
  const joins = new Decoder("thread").join().type === "subscribe";
  const error = new DeltawireError("gap", "an example");
  if (frames !== 1 || !joins || error.group !== "resync") throw new Error("the engines differ");
  return `version ${PROTOCOL_VERSION}, ${completed.join()}: ${[...new Set(texts)].join(" | ")}`;
}

main().then(console.log, (error: unknown) => {
  console.error(error);
  process.exit(1);
});
