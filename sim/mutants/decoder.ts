import type { Mutant } from "./mutant.js";

const DECODER = "packages/decoder/src/decoder.ts";
const READER = "packages/decoder/src/channel-reader.ts";
const FEED = "packages/decoder/src/change-feed.ts";
const CHANNEL = "packages/client/src/channel.ts";
const READ_CHANNEL = "packages/client/src/read-channel.ts";
const LINK = "packages/client/src/link.ts";
const HEARTBEAT = "packages/client/src/heartbeat.ts";
const RECONNECTION = "packages/client/src/reconnection.ts";

/** Bugs of the consumer's side, and of the connection under both. */
export const DECODER_MUTANTS: readonly Mutant[] = [
  {
    name: "apply a frame twice",
    file: DECODER,
    find: "    if (frame.to <= replica.seq && !catchUp) return IGNORED;\n    if (frame.from !== replica.seq) return this.#gap(replica, frame.from);\n    let next: ChannelState;\n    try {\n      next = apply(replica, frame);",
    replace:
      "    let next: ChannelState;\n    try {\n      next = apply(apply(replica, frame).with({ seq: frame.from }), frame);",
  },
  {
    name: "ignore the request number",
    file: DECODER,
    find: 'return this.#situation.is === "waiting" && this.#situation.request === request;',
    replace: 'return this.#situation.is === "waiting";',
    unseen:
      "answers come in order, so that the last one counts; who reads again over the same connection gets, at worst, a state on the way",
  },
  {
    name: "blank the view when a new history is empty",
    file: DECODER,
    find: '    if (isLost && isEmpty && shown.messages.length > 0) return { type: "stale" };\n',
    replace: "",
  },
  {
    name: "a snapshot is not shown",
    file: DECODER,
    find: "    this.#replica = state;\n    this.#wrong = false;",
    replace: "    this.#wrong = false;",
  },
  {
    name: "answer live frames before the answer to a subscribe is whole",
    file: DECODER,
    find: "if (!replica || (catchUp ? !this.#isAnswer(frame.request) : !this.isLive)) return IGNORED;",
    replace: "if (!replica || (catchUp && !this.#isAnswer(frame.request))) return IGNORED;",
  },
  {
    name: "a reader that comes back states a version that it does not have",
    file: DECODER,
    find: "const version = from && { epoch: from.epoch, seq: from.seq };",
    replace: "const version = from && { epoch: from.epoch, seq: from.seq + 1 };",
  },
  {
    name: "a reader that comes back states no version",
    file: DECODER,
    find: "return this.#ask(this.#wrong ? undefined : this.#replica);",
    replace: "return this.#ask(undefined);",
    seeds: 5000,
  },
  {
    name: "a feed loses changes that wait",
    file: FEED,
    find: "    this.#pending?.add(changes);",
    replace: "    if (this.#pending?.isEmpty) this.#pending.add(changes);",
  },
  {
    name: "a feed of a window begins again what it does not have",
    file: FEED,
    find: "  window.earlier > 0 &&\n",
    replace: "  window.earlier < 0 &&\n",
    seeds: 5000,
  },
  {
    name: "a token is not renewed",
    file: "packages/client/src/credentials.ts",
    find: "        renew(token);\n",
    replace: "",
  },
  {
    name: "readers do not ask anew after a reconnect",
    file: READ_CHANNEL,
    find: "  connected(): void {\n    this.#join();",
    replace: "  connected(): void {",
  },
  {
    name: "the writer is not told of a lost connection",
    file: CHANNEL,
    find: "    this.#writer.detached();\n",
    replace: "",
  },
  {
    name: "a client gives up after its first failure",
    file: RECONNECTION,
    find: "  if (FINAL.includes(code)) return stop(error, false);",
    replace: "  if (FINAL.includes(code) || code === 1006) return stop(error, false);",
  },
  {
    name: "a client does not come back when a server goes away",
    file: RECONNECTION,
    find: "  if (FINAL.includes(code)) return stop(error, false);",
    replace: "  if (FINAL.includes(code) || code === 1001) return stop(error, false);",
  },
  {
    name: "waiting never ends",
    file: LINK,
    find: '() => this.#step({ type: "elapsed" })',
    replace: "() => undefined",
  },
  {
    name: "half-open connections are not found",
    file: HEARTBEAT,
    find: "      this.#host.dead();\n",
    replace: "",
  },
  {
    name: "a heartbeat goes on after its connection",
    file: HEARTBEAT,
    find: "  stop(): void {\n    this.#cancel?.();",
    replace: "  stop(): void {",
  },
  {
    name: "listeners are not told",
    file: READER,
    find: "      this.#notifying = false;\n",
    replace: "",
  },
];
