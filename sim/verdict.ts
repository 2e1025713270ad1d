import type { Channel } from "@deltawire/client";
import type { ChannelState } from "@deltawire/protocol";
import { matcherOf } from "@deltawire/protocol/filter";
import { restore } from "../packages/server/src/engine/archive-restore.js";
import { HIGH_WATER } from "../packages/server/src/transport.js";
import { seen } from "./content.js";
import { canonical, type Draft } from "./draft.js";
import { plain } from "./program.js";
import type { Simulation } from "./simulation.js";
import { Violation } from "./violation.js";

/** Bytes that may wait at a connection, beside the largest messages. */
const MOST_WAITING: number = HIGH_WATER + 8192;

/** Bytes that one act, one connection and one fault may cost on the wire, beside texts. */
const ACT = 600;

/** Whether there is nothing left to wait for. */
export function isSettled(sim: Simulation): boolean {
  if (!sim.servers.isWhole) return false;
  for (const process of sim.promises.values()) {
    if (!process?.isDead) return false;
  }
  for (const { views } of sim.programs) {
    for (const { channel, watched } of views) {
      if (watched.told !== channel.state) return false;
      const there = sim.servers.state(channel.name);
      if (sim.servers.difference(channel.name) !== undefined) return false;
      if (!channel.isLive || !there || !isSame(channel, there)) return false;
    }
  }
  if (wrongAttributes(sim)) return false;
  return drafts(sim).every((draft) => isThere(sim, draft));
}

/** Whose attribute of a channel is not what it was set to. */
function wrongAttributes(sim: Simulation): string | undefined {
  const writers = sim.editing.filter(({ isLatest }) => isLatest).map(({ editor }) => editor);
  for (const { name, channel, attributes, isFenced } of [
    ...writers,
    ...(sim.local ? [sim.local.editor] : []),
  ]) {
    if (!attributes || isFenced) continue;
    const its = sim.servers.state(channel.name)?.attributes[name] ?? null;
    const mine = attributes[name] ?? null;
    const isGone = its === null && sim.mayHaveLost(channel.name);
    if (isGone || canonical(its) === canonical(mine)) continue;
    return `${name} has set ${canonical(mine)}, the server has ${canonical(its)}`;
  }
  return undefined;
}

/** What was there stays in view while a new history holds nothing. */
const isKept = (mine: Channel, its: ChannelState): boolean =>
  mine.state.epoch !== its.epoch && within(its, mine).messages.length === 0;

/** What a view must show that has a filter, or begins with its first message. */
const within = (state: ChannelState, { state: view, filter }: Channel): ChannelState => {
  const messages = filter ? state.messages.filter(matcherOf(filter).matches) : state.messages;
  const { length } = view.messages;
  return state.with({
    messages: view.earlier === 0 ? messages : messages.slice(messages.length - length),
  });
};

const isSame = (mine: Channel, its: ChannelState): boolean =>
  isKept(mine, its) || (mine.state.epoch === its.epoch && mine.state.seq === its.seq);

/** Invariants 1 and 6. @throws Violation */
export function expectAgreement(sim: Simulation): void {
  expectSettled(sim);
  for (const { process, views } of sim.programs) {
    for (const { channel, watched } of views) {
      const there = sim.servers.state(channel.name);
      const difference = sim.servers.difference(channel.name);
      if (difference) throw new Violation(1, `servers have ${channel.name} at ${difference}`);
      if (!there) throw new Violation(1, `the server has no channel ${channel.name}`);
      if (!channel.isLive) {
        const status = JSON.stringify(channel.status);
        throw new Violation(1, `${process.name} is not live on ${channel.name}: ${status}`);
      }
      if (watched.told !== channel.state) {
        throw new Violation(1, `who watches ${channel.name} in ${process.name} is not told`);
      }
      if (isKept(channel, there)) continue;
      const mine = `${channel.state.epoch}:${channel.state.seq} ${plain(channel.state)}`;
      const its = `${there.epoch}:${there.seq} ${plain(within(there, channel))}`;
      if (mine === its) continue;
      throw new Violation(1, `${process.name} shows ${mine}, the server has ${its}`);
    }
  }
  for (const { plan, editor, isLatest } of sim.editing) {
    if (isLatest && editor.isFenced) {
      throw new Violation(14, `the latest run of ${plan.name} was fenced by one before it`);
    }
  }
  const wrong = wrongAttributes(sim);
  if (wrong) throw new Violation(1, wrong);
  for (const draft of drafts(sim)) {
    if (isThere(sim, draft)) continue;
    const message = sim.servers.state(draft.channel)?.message(draft.id);
    const its = message ? JSON.stringify(seen(message)) : "nothing";
    const expected = JSON.stringify(draft.expected());
    throw new Violation(1, `${draft.author} has written ${expected}, the server has ${its}`);
  }
}

/** Whether everybody who reads a channel shows its end, and whoever ended it knows. */
export function hasEnded(sim: Simulation, name: string): boolean {
  try {
    expectEnd(sim, name);
    return true;
  } catch (error) {
    if (error instanceof Violation) return false;
    throw error;
  }
}

/** Invariants 1 and 6, for a channel that was ended. @throws Violation */
export function expectEnd(sim: Simulation, name: string): void {
  const its = sim.servers.state(name);
  if (!its?.closed) throw new Violation(1, `${name} was ended, and the server does not know`);
  expectSettled(sim);
  for (const { process, views } of sim.programs) {
    for (const { channel } of views) {
      if (channel.name !== name) continue;
      const isEnded = channel.state.closed?.reason === its.closed.reason;
      if (isEnded && plain(channel.state) === plain(within(its, channel))) continue;
      throw new Violation(1, `${process.name} does not show the end of ${name}`);
    }
  }
}

function expectSettled(sim: Simulation): void {
  for (const [what, process] of sim.promises) {
    if (!process?.isDead) throw new Violation(6, `a promise does not settle: ${what}`);
  }
}

/** Invariant 15: whoever is gone has left nothing that looks as if it went on. @throws Violation */
export function expectLeases(sim: Simulation): void {
  const open = new Set(
    sim.ledger.drafts
      .filter(({ fate }) => fate === "open")
      .map(({ channel, id }) => `${channel} ${id}`),
  );
  for (const name of sim.plan.channels) {
    for (const { id, status, origin } of sim.servers.state(name)?.messages ?? []) {
      const isAttached = [...sim.attached].some((one) => one.name === origin && !one.isDead);
      if (status !== "streaming" || isAttached || open.has(`${name} ${id}`)) continue;
      throw new Violation(15, `message ${id} is streaming, and nobody writes it`);
    }
  }
}

/** Invariant 20: no more is kept than is to be, and what is open. @throws Violation */
export function expectForgotten(sim: Simulation): void {
  const { keeps, channels } = sim.plan;
  if (keeps === undefined) return;
  for (const name of channels) {
    const { closed, messages = [] } = sim.servers.state(name) ?? {};
    const ended = messages.filter(({ isFinal }) => isFinal).length;
    if (closed || messages.length <= keeps || ended === 0) continue;
    throw new Violation(20, `${name} keeps ${ended} messages that have ended, beyond ${keeps}`);
  }
}

/**
 * What must be on the server: what was written by those who live, and was not refused. Of those who
 * have claimed one message it is one; the others need not know yet.
 */
function drafts(sim: Simulation): Draft[] {
  const latest = new Map<string, Draft>();
  for (const draft of sim.ledger.drafts) {
    const key = `${draft.channel} ${draft.id}`;
    const before = latest.get(key);
    const isContested = sim.ledger.contested.has(key) && before && !isLost(before);
    if (!isContested || !isThere(sim, before)) latest.set(key, draft);
  }
  return [...latest.values()].filter((draft) => !isLost(draft));
}

const isLost = ({ fate }: Draft): boolean => fate === "dead" || fate === "failed";

function isThere(sim: Simulation, draft: Draft): boolean {
  const { channel, id, generation, fate } = draft;
  const state = sim.servers.state(channel);
  const message = state?.message(id);
  const here = state && sim.ledger.finalOf(state.epoch, channel, id, generation);
  const mayBeGone = fate === "ended" && sim.mayHaveLost(channel) && here === undefined;
  const mayBeForgotten = sim.ledger.forgets && draft.status !== "streaming";
  if (!message) return draft.status === "removed" || mayBeGone || mayBeForgotten;
  // What is removed before the log has it is no removal: a rival may still state it.
  const isContested = sim.ledger.contested.has(`${channel} ${id}`);
  if (draft.status === "removed") return mayBeGone || isContested;
  const its = JSON.stringify(seen(message));
  if (isContested && message.generation > generation) return isOfSomebody(sim, draft, its);
  return its === JSON.stringify(draft.expected());
}

/** Whether a message is as somebody has written it who began it again: the log was slower than that. */
const isOfSomebody = ({ ledger }: Simulation, { channel, id }: Draft, its: string): boolean =>
  ledger.drafts.some(
    (other) =>
      other.channel === channel && other.id === id && JSON.stringify(other.expected()) === its,
  );

/** Invariants 18 and 19: the listeners of what has ended were called, and the store has it all. @throws Violation */
export async function expectKept(sim: Simulation): Promise<void> {
  for (const name of sim.plan.channels) {
    const state = sim.servers.state(name);
    if (!sim.log || !state) continue;
    for (const { id, generation, isFinal } of state.messages) {
      if (!isFinal || sim.hooked.has(`${name} ${id} ${generation}`)) continue;
      throw new Violation(18, `message ${id} has ended, and no listener was called`);
    }
    const stored = await sim.log.stored(name);
    const its = stored ? plain(restore(stored).state) : "nothing";
    if (its === plain(state) || state.seq === 0) continue;
    throw new Violation(19, `the store has ${name} as ${its}, the servers as ${plain(state)}`);
  }
}

/** Invariant 8. @throws Violation */
export function expectBounds({ network }: Simulation): void {
  for (const connection of network.connections) {
    if (connection.waiting <= MOST_WAITING + 2 * network.largest) continue;
    const { name } = connection.client;
    throw new Violation(8, `${connection.waiting} bytes wait for ${name}`);
  }
}

/** Invariant 11: everybody has closed, and waits for nothing. @throws Violation */
export function expectNoTimers(sim: Simulation): void {
  for (const { process } of [...sim.programs, ...sim.old]) {
    if (process.isDead || process.timers === 0) continue;
    throw new Violation(11, `${process.timers} timers are left in ${process.name}`);
  }
}

/** Invariant 11: everybody has closed. @throws Violation */
export function expectRest(sim: Simulation): void {
  expectSettled(sim);
  const left = [...sim.network.connections].filter(({ isHeld }) => isHeld);
  if (left.length > 0) throw new Violation(11, `${left.length} connections are left`);
}

/**
 * Invariant 9: what travels follows from what was written, not from how long texts are, but for
 * each time that somebody joins or is repaired.
 *
 * @throws Violation
 */
export function expectLinear(sim: Simulation): void {
  const { network, plan, editing, local } = sim;
  let written = 0;
  let acts = 0;
  for (const { editor } of editing) {
    written += editor.written;
    acts += editor.acts;
  }
  written += local?.editor.written ?? 0;
  acts += local?.editor.acts ?? 0;
  const faults = plan.faultTimes.length;
  const readers = plan.viewers.length + plan.editors.length;
  const copies = 1 + readers;
  // A log that has lost something is made good to everybody.
  const repairs = plan.servers > 0 ? copies : 1;
  const most =
    copies * (2 * written + ACT * (acts + 20)) +
    (network.attempts + faults * repairs) * (2 * sim.servers.largest + ACT);
  if (network.sent <= most + sim.world.now) return;
  const what = `${network.sent} bytes have travelled for ${written} that were written`;
  throw new Violation(9, `${what} in ${acts} acts over ${network.attempts} connections`);
}
