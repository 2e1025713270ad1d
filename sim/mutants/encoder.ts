import type { Mutant } from "./mutant.js";

const ENCODER = "packages/encoder/src/encoder.ts";
const WRITER = "packages/encoder/src/channel-writer.ts";
const TIMER = "packages/encoder/src/drain-timer.ts";
const MESSAGE = "packages/encoder/src/message-writer.ts";
const OUTBOX = "packages/encoder/src/outbox.ts";
const PRODUCTION = "packages/encoder/src/production.ts";
const STATEMENT = "packages/encoder/src/statement.ts";
const SOURCE = "packages/encoder/src/text-source.ts";
const UNSETTLED = "packages/encoder/src/unsettled.ts";
const WAITERS = "packages/encoder/src/waiters.ts";

/** Bugs of the producer's side. */
export const ENCODER_MUTANTS: readonly Mutant[] = [
  {
    name: "drop the trailing flush",
    file: TIMER,
    find: "    this.#cancel = this.#clock.after(delay, () => {",
    replace: "    if (delay === 0) this.#cancel = this.#clock.after(delay, () => {",
  },
  {
    name: "leading edge only",
    file: ENCODER,
    find: "    if (now >= this.#window.end) this.#seal();",
    replace:
      "    if (now >= this.#window.end && this.#window.end < 0) this.#seal();\n    else this.#pending = new Pending();",
  },
  {
    name: "an event is held before the server has it",
    file: "packages/encoder/src/event-writer.ts",
    find: "waiters.wait(this.#sent(encoder), { writer, since })",
    replace: "(this.#sent(encoder), waiters, writer, since, Promise.resolve())",
  },
  {
    name: "completing does not flush",
    file: WRITER,
    find: "    const seq = this.#encoder.flush();\n    if (seq !== undefined",
    replace: "    const { seq } = this.#encoder;\n    if (seq !== undefined",
  },
  {
    name: "complete() resolves at once",
    file: WRITER,
    find: "    const flushed = this.#waiters.wait(seq, ending);",
    replace: "    const flushed = Promise.resolve();",
  },
  {
    name: "complete() resolves one frame too early",
    file: WAITERS,
    find: "waiter.seq !== undefined && waiter.seq <= seq",
    replace: "waiter.seq !== undefined && waiter.seq <= seq + 1",
  },
  {
    name: "a producer's number is used twice",
    file: ENCODER,
    find: "    this.#seq = Math.max(last, seq);",
    replace: "    this.#seq = seq;",
    seeds: 5000,
  },
  {
    name: "forget what was not acknowledged on resume",
    file: ENCODER,
    find: "const at = seq === last ? this.#last : this.#outbox.stateAt(seq);",
    replace: "const at = this.#last;",
  },
  {
    name: "forget what was written without a connection",
    file: ENCODER,
    find: '    const resumption = this.#state(whole ? ChannelState.of("") : at, seq);',
    replace: '    const resumption = this.#state(whole ? ChannelState.of("") : this.#shadow, seq);',
  },
  {
    name: "what a log has forgotten is not stated again",
    file: ENCODER,
    find: "const whole = forgotten || !at;",
    replace: "const whole = !at;",
    unseen: "the versions say it, too: a log that has forgotten is behind what it acknowledged",
  },
  {
    name: "another epoch counts as the same",
    file: PRODUCTION,
    find: "const forgotten = this.#epoch !== undefined && this.#epoch !== epoch;",
    replace: "const forgotten = false;",
    unseen: "the versions say it, too: a log that was lost is behind what it acknowledged",
  },
  {
    name: "the producer does not come back after a reconnect",
    file: PRODUCTION,
    find: '    if (this.#is === "away") this.#is = "connected";',
    replace: "",
  },
  {
    name: "the token of the last attachment is not stated",
    file: PRODUCTION,
    find: "const token = this.#token === undefined ? {} : { token: this.#token, seq };",
    replace: "const token = {};",
  },
  {
    name: "unacknowledged states are one frame off",
    file: OUTBOX,
    find: "for (const frame of frames) if (frame.to <= seq) state = apply(state, frame);",
    replace:
      "for (const frame of frames) if (frame.from <= seq) state = apply(state, frame).with({ seq });",
  },
  {
    name: "removals are not told again",
    file: UNSETTLED,
    find: '    if (change.type === "message_removed") this.#removed.add(change.id);',
    replace: "",
    seeds: 5000,
  },
  {
    name: "what was written again is told as removed",
    file: UNSETTLED,
    find: '    if (change.type === "message_added") this.#removed.delete(change.id);',
    replace: "",
    unseen: "the removal is told first, and what was begun again behind it: only its place differs",
  },
  {
    name: "a statement leaves out what has changed",
    file: STATEMENT,
    find: "    if (old === message) continue;",
    replace: "    if (old !== undefined) continue;",
  },
  {
    name: "waiters keep the numbers of frames that were lost",
    file: WRITER,
    find: "    this.#waiters.unnumber();\n",
    replace: "",
    unseen: "the statement that stands for lost frames has a higher number, and is one frame here",
  },
  {
    name: "refusals reach no writer",
    file: WRITER,
    find: "    for (const refusal of refused) {",
    replace: "    for (const refusal of refused.slice(1)) {",
  },
  {
    name: "fencing reaches no writer",
    file: WRITER,
    find: 'const final = error.group === "stop" || !this.#host.produce;',
    replace: "const final = !this.#host.produce;",
    unseen: "the writer then asks to attach anew, and is told again",
  },
  {
    name: "who sets attributes takes away those of others",
    file: ENCODER,
    find: "this.#pending.changes(own)",
    replace: "this.#pending.changes(this.#shadow)",
  },
  {
    name: "half a pair is sent before the other half",
    file: SOURCE,
    find: "  const waits = end === text.length && end > start && isHigh(text.unitAt(end - 1));",
    replace: "  const waits = false;",
  },
  {
    name: "half a pair that waits is lost at the end",
    file: MESSAGE,
    find: 'if (this.message.part(part)?.kind === "text") writer.finish();',
    replace: 'if (this.message.part(part)?.kind === "json") writer.finish();',
  },
  {
    name: "an edit does not look at its neighbours",
    file: SOURCE,
    find: "    let start = Math.max(0, offset - 1);",
    replace: "    let start = offset;",
  },
];
