import { connect } from "@deltawire/client";
import type { Deployment } from "./deployment.js";
import type { Population } from "./population.js";
import type { Written } from "./requests.js";

/** Problems that are told, at most. */
const MOST = 8;

const patience = 60_000;

/** What is wrong once everybody has finished; nothing, where everything is as it was written. */
export async function verdict(
  deployment: Deployment,
  population: Population,
  written: Written,
): Promise<readonly string[]> {
  const problems = await Promise.all([
    population.compare(written, patience),
    soon(() => inStore(deployment, written)),
    soon(async () => ofHooks(deployment, written)),
    ...deployment.servers.map(({ url }) => lateComer(url, written)),
  ]);
  return problems.flat().slice(0, MOST);
}

/** Asks again until nothing is wrong. */
async function soon(ask: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const end = Date.now() + patience;
  for (;;) {
    const problems = await ask().catch((error: unknown) => [String(error)]);
    if (problems.length === 0 || Date.now() > end) return problems;
    await new Promise((again) => setTimeout(again, 100));
  }
}

async function inStore({ store }: Deployment, written: Written): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [channel, texts] of Object.entries(written)) {
    const messages = (await store.load(channel))?.messages ?? [];
    for (const { message, patches } of messages) {
      const { id, status, parts } = message;
      const text = parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
      if (texts[id] === undefined) problems.push(`store: ${channel}: nobody completed ${id}`);
      else if (status !== "completed" || patches.length > 0) {
        problems.push(`store: ${channel}: ${id} is ${status}`);
      } else if (text !== texts[id]) problems.push(`store: ${channel}: ${id} differs`);
    }
    const ids = new Set(messages.map(({ message }) => message.id));
    if (ids.size !== messages.length) problems.push(`store: ${channel}: a message is there twice`);
    for (const id of Object.keys(texts)) {
      if (!ids.has(id)) problems.push(`store: ${channel}: no message ${id}`);
    }
  }
  return problems;
}

/** At least one call for each message, each with its text, and one key for all of them. */
function ofHooks({ hooks }: Deployment, written: Written): readonly string[] {
  const problems: string[] = [];
  const keys = new Map<string, string>();
  for (const [key, calls] of hooks) {
    for (const { channel, id, text } of calls) {
      const should = written[channel]?.[id];
      if (written[channel] === undefined) continue; // of channels that were used before
      if (text !== should) problems.push(`hook: ${channel}: ${id} was told with another text`);
      const message = JSON.stringify([channel, id]);
      if ((keys.get(message) ?? key) !== key) problems.push(`hook: ${message} has two keys`);
      keys.set(message, key);
    }
  }
  for (const [channel, texts] of Object.entries(written)) {
    for (const id of Object.keys(texts)) {
      const message = JSON.stringify([channel, id]);
      if (!keys.has(message)) problems.push(`hook: ${message} was not told of`);
    }
  }
  return problems;
}

/** What somebody gets who comes to a server now. */
async function lateComer(url: string, written: Written): Promise<readonly string[]> {
  const wire = connect(url);
  const channels = Object.keys(written).map((name) => wire.channel(name));
  const stops = channels.map((channel) => channel.subscribe(() => undefined));
  const problems = await soon(async () =>
    channels.flatMap(({ name, state }) => {
      const has = state.messages.map(({ id, text, status }) => [id, `${status} ${text}`]);
      const should = Object.entries(written[name] ?? {}).map(([id, text]) => [
        id,
        `completed ${text}`,
      ]);
      const isEqual = JSON.stringify(has.sort()) === JSON.stringify(should.sort());
      return isEqual ? [] : [`who comes late to ${url} gets another ${name}`];
    }),
  );
  for (const stop of stops) stop();
  await wire.close();
  return problems;
}
