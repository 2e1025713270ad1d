import type { Named } from "../results.js";

/** Why a condition does not hold, and what was tried; by what it asks. */
export const NOTES: Named<string> = {
  "bytes plain, to the best peer":
    "fossil-delta copies from the text that is there, which is compression: where text repeats (a " +
    "terminal, a search that is quoted) it sends less than our plain frames, and twice as much or " +
    "more than our compressed ones take. Yjs begins a part in fewer bytes, which counts where a " +
    "short answer has many.",
  "bytes compressed, to the best peer with context takeover":
    "fast-json-patch repeats whole strings, which its window holds; ours state offsets, which do " +
    "not repeat. Twice as many recent bytes in our dictionary would close most of it, and make " +
    "late joins larger.",
  "CPU to encode from 100 KB up, to the fastest":
    "Ours checks the text, and keeps what it leads to until the server has it; a delta that is " +
    "sent and forgotten needs neither. Paths of their own for the frames that stream took two " +
    "thirds away; what is left is spread thin.",
  "CPU to apply from 100 KB up, to the fastest":
    "Ours checks versions, offsets and encoding, and makes a state that stays as it is for whoever " +
    "holds it. Where what was applied is read as well, the fastest is within a quarter of ours.",
  "a call on 10 MB, to one on 1 KB":
    "A text of 1 KB is one string; one of 10 MB is a tree of thousands, of which an edit meets " +
    "some that nothing else has touched. An edit within one of them moves no other; smaller ones " +
    "made it no flatter.",
  "CPU a delivery to 1,000, of Socket.IO to ours":
    "Most of a delivery is the system's write, which the raw socket pays as well: it is little " +
    "below ours. Ten frames that are due together share one write, and there ours is several times " +
    "below.",
  "bytes of a late join, to N + 200 + 32 a part + 64 a message":
    "A large snapshot goes in chunks of 16 KB, as its reader takes them, at 64 bytes each.",
};
