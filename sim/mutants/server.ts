import type { Mutant } from "./mutant.js";

const ENGINE = "packages/server/src/engine/channel-engine.ts";
const ADMISSION = "packages/server/src/engine/admission.ts";
const PRODUCERS = "packages/server/src/engine/producers.ts";
const LEASES = "packages/server/src/engine/leases.ts";
const LOG = "packages/server/src/engine/frame-log.ts";
const PINS = "packages/server/src/engine/pins.ts";
const SUBSCRIPTION = "packages/server/src/subscription.ts";
const FOLLOWERS = "packages/server/src/followers.ts";
const ATTACHMENTS = "packages/server/src/attachments.ts";
const PRODUCING = "packages/server/src/producing.ts";
const PACER = "packages/server/src/pacer.ts";
const LINE = "packages/server/src/line.ts";

/** Bugs of the server. */
export const SERVER_MUTANTS: readonly Mutant[] = [
  {
    name: "a token that is renewed expires all the same",
    file: "packages/server/src/identity.ts",
    find: "counts until it expires`);\n    }\n    this.#become(principal);",
    replace: "counts until it expires`);\n    }",
  },
  {
    name: "forget fencing",
    file: ENGINE,
    find: "    if (known && known.token !== token) throw ledger.producers.fenced(producer);",
    replace: "",
    seeds: 5000,
  },
  {
    name: "a program run that was replaced takes over again",
    file: PRODUCERS,
    find: "      throw this.fenced(producer);\n",
    replace: "",
  },
  {
    name: "repeated frames are appended again",
    file: ENGINE,
    find: "    if (!known || frame.from !== known.seq) {",
    replace: "    if (!known) {",
    unseen: "a producer that comes back states what the log lacks, and never repeats a frame",
  },
  {
    name: "refusals are not named again when their acknowledgement was lost",
    file: PRODUCERS,
    find: "refused.seq > (seq ?? known.seq)",
    replace: "refused.seq > known.seq",
    seeds: 5000,
  },
  {
    name: "a token of before the log was lost counts",
    file: PRODUCERS,
    find: "const isCurrent = instance === undefined && token === known?.token;",
    replace: "const isCurrent = token === known?.token;",
    seeds: 5000,
  },
  {
    name: "the log forgets how far a producer is",
    file: PRODUCERS,
    find: "seq: known?.seq ?? 0,",
    replace: "seq: 0,",
  },
  {
    name: "the log is a frame behind a producer",
    file: ENGINE,
    find: "    ledger.producers.heard(producer, frame.to, stale, refused);\n",
    replace: "    ledger.producers.heard(producer, frame.from, stale, refused);\n",
  },
  {
    name: "acknowledge more than there is",
    file: ENGINE,
    find: "seq: frame.to, ...namesOf(refused) };",
    replace: "seq: frame.to + 1, ...namesOf(refused) };",
  },
  {
    name: "refusals are not named",
    file: ENGINE,
    find: "seq: frame.to, ...namesOf(refused) };",
    replace: "seq: frame.to };",
  },
  {
    name: "final messages take patches",
    file: ADMISSION,
    find: '  if (isFinal && change.type === "message_patch") return "message_final";\n',
    replace: "",
    unseen: "the reducer refuses them as well: the frame then, which is stated anew without them",
  },
  {
    name: "a final message begins anew in its generation",
    file: ADMISSION,
    find: 'if (isFinal) return change.generation > generation ? undefined : "message_final";',
    replace: "if (isFinal) return undefined;",
  },
  {
    name: "listeners are not told of what is complete at birth",
    file: "packages/server/src/engine/ledger.ts",
    find: "        if (change.status) this.#noteEnd(change.id);\n",
    replace: "",
  },
  {
    name: "whoever ends a message that has ended is told it has",
    file: ADMISSION,
    find: 'return isRepeated ? undefined : "message_final";',
    replace: "return undefined;",
  },
  {
    name: "patches after a stale statement are taken for the newer text",
    file: ADMISSION,
    find: '  if (code === "stale_generation") stale.add(id);\n',
    replace: "",
    unseen: "it takes an editor that restarts after it has begun again, and some 50,000 seeds",
  },
  {
    name: "skip tombstones",
    file: ADMISSION,
    find: 'return anew ? undefined : "message_removed";',
    replace: "return undefined;",
  },
  {
    name: "everybody may patch everything",
    file: ADMISSION,
    find: 'return origin === by.producer ? undefined : "not_owner";',
    replace: "return undefined;",
  },
  {
    name: "older attachments take over newer ones' messages",
    file: ADMISSION,
    find: 'return origin !== undefined && by.isOutrankedBy(origin) ? "not_owner" : undefined;',
    replace: "return undefined;",
    unseen: "who is taken over is told so either way; which of two claims wins is not observable",
  },
  {
    name: "lose the interrupted status",
    file: LEASES,
    find: "      else interrupted.push(producer);\n",
    replace: "",
  },
  {
    name: "interrupted messages do not go on",
    file: ENGINE,
    find: "    if (!this.ledger.leases.isInterrupted(producer)) return [];",
    replace: "    return [];",
  },
  {
    name: "the lease of who is there ends",
    file: LEASES,
    find: "  back(producer: string): void {\n    this.#absent.delete(producer);\n",
    replace: "  back(producer: string): void {\n",
  },
  {
    name: "a catch-up leaves out its first frame",
    file: LOG,
    find: "    for (let i = first; i < this.#frames.length; i++) {",
    replace: "    for (let i = first + 1; i < this.#frames.length; i++) {",
  },
  {
    name: "a catch-up leaves out its last frame",
    file: LOG,
    find: "i < this.#frames.length; i++) {",
    replace: "i < Math.max(first + 1, this.#frames.length - 1); i++) {",
    unseen: "it says how far it leads, and what is left out follows",
  },
  {
    name: "resume from a version of another epoch",
    file: SUBSCRIPTION,
    find: "    this.#seq = frame.epoch === this.#epoch ? frame.seq : undefined;",
    replace: "    this.#seq = frame.seq;",
  },
  {
    name: "answer with a stale snapshot",
    file: PINS,
    find: "seq <= (has ?? -1) || !(seq === state.seq || reaches(seq))",
    replace: "false",
    seeds: 5000,
  },
  {
    name: "frames between the chunks of a snapshot",
    file: SUBSCRIPTION,
    find: '    if (this.#situation.is !== "live") return false;\n',
    replace: "",
    unseen: "a frame that does not begin where the consumer is is left out all the same",
  },
  {
    name: "after the last chunk it is live at once",
    file: SUBSCRIPTION,
    find: "      this.#situation = fits ? BEHIND : LIVE;",
    replace: "      this.#situation = LIVE;",
  },
  {
    name: "late chunks in the channel's own codec context",
    file: SUBSCRIPTION,
    find: "shareChunk(pin, chunk, chunks, { binary, takesCompact, isLocal, place })",
    replace: "this.channel.share(chunk)",
  },
  {
    name: "the codec context is not stated after what was composed",
    file: SUBSCRIPTION,
    find: "if (this.binary && !this.#isStated) this.#restate(seq);",
    replace: "if (false) this.#restate(seq);",
  },
  {
    name: "who is behind stays behind",
    file: SUBSCRIPTION,
    find: "      this.#meter?.slow();\n      this.#consumer.pace(this);\n",
    replace: "",
  },
  {
    name: "draining is not noticed",
    file: "packages/server/src/following.ts",
    find: "    this.#pacer.run();\n",
    replace: "",
  },
  {
    name: "whoever reads slowly is sent everything",
    file: LINE,
    find: "return this.#isClosed || this.#transport.waiting > HIGH_WATER;",
    replace: "return this.#isClosed;",
  },
  {
    name: "of several channels that are behind one is forgotten",
    file: PACER,
    find: "        if (this.#step(next)) waiting.add(next);",
    replace: "        this.#step(next);",
  },
  {
    name: "a frame is not fanned out to who was the last to come",
    file: FOLLOWERS,
    find: "      if (subscription.deliver(shared) && ",
    replace:
      "      if (this.#subscriptions.size > 1 && subscription === [...this.#subscriptions].at(-1)) continue;\n      if (subscription.deliver(shared) && ",
  },
  {
    name: "what was composed for one version is sent for another",
    file: FOLLOWERS,
    find: "    this.#passage = undefined;\n    const at = this.now;\n",
    replace: "    const at = this.now;\n",
    unseen: "it says how far it leads, and what is left out follows",
  },
  {
    name: "a view has nothing of messages that do not match",
    file: "packages/server/src/engine/filtered-view.ts",
    find: '    return fate?.is === "new" || fate?.is === "kept";',
    replace: "    return true;",
  },
  {
    name: "who has a filter hears of versions before silence",
    file: "packages/server/src/filtered-followers.ts",
    find: "      else this.#catchUp();\n",
    replace: "",
  },
  {
    name: "who has taken over is fenced",
    file: ATTACHMENTS,
    find: "if (earlier && earlier !== attachment) earlier.fence(",
    replace: "if (earlier && earlier !== attachment) attachment.fence(",
  },
  {
    name: "acknowledgements of a connection are lost",
    file: PRODUCING,
    find: "    if (this.#acks.isEmpty) this.#host.clock.after(0, () => this.acknowledge());",
    replace: "",
  },
  {
    name: "the lease of an attachment that was replaced begins",
    file: ATTACHMENTS,
    find: "    if (attached?.attachment !== attachment) return undefined;",
    replace: "    if (!attached) return undefined;",
  },
  {
    name: "what is to go stays where nobody sees to the channel any more",
    file: "packages/server/src/durable-channel.ts",
    find: ": engine.isUnfinished || this.#isTooMuch();",
    replace: ": engine.isUnfinished;",
  },
  {
    name: "the bounds of a channel take what was begun again since",
    file: ENGINE,
    find: "message && message.generation === seen.message(id)?.generation ?",
    replace: "message ?",
  },
  {
    name: "who was taken for gone says so for each piece of news",
    file: ATTACHMENTS,
    find: " && !attached.isRenewed)",
    replace: ")",
  },
];
