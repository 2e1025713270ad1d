import type { PageReport, TurnReport } from "../src/page/report.js";
import type { FrameRow } from "./frame-reader.js";
import type { Happenings } from "./happenings.js";
import { duration, whole } from "./quantity.js";
import type { Viewer } from "./viewer.js";
import { CHANNEL } from "./viewer.js";

const number = ({ message }: TurnReport): string => message.replace(/^turn-/, "Turn ");

/** Versions in one frame that are worth telling. */
const MANY = 5;

/** Tells what happened from what differs between one report and the next. */
export class Chronicle {
  readonly #happenings: Happenings;
  readonly #viewers: readonly Viewer[];
  #last: PageReport | undefined;
  #downSince = 0;
  /** Whether it is still to be told that all viewers are live again. */
  #isBroken = false;

  constructor(happenings: Happenings, viewers: readonly Viewer[]) {
    this.#happenings = happenings;
    this.#viewers = viewers;
    for (const viewer of viewers) viewer.frames.onRow = (row) => this.#caughtUp(viewer, row);
  }

  /** One frame in the place of many is the point of it all. */
  #caughtUp({ title, name }: Viewer, { versions, size }: FrameRow): void {
    const line = this.#last?.viewers.find((each) => each.name === name);
    if (versions < MANY || line?.network !== "live") return;
    const frame = `one frame of ${whole(size)} bytes`;
    this.#happenings.tell("good", `${title} got ${whole(versions)} versions as ${frame}.`);
  }

  take(report: PageReport): void {
    const before = this.#last;
    this.#last = report;
    if (!before) return;
    this.#server(before, report);
    this.#turn(before.turn, report.turn);
    this.#recovery(report);
  }

  #server(before: PageReport, { at, server, network }: PageReport): void {
    if (server.is === "down" && before.server.is === "up") {
      this.#downSince = at;
      this.#isBroken = true;
      this.#happenings.tell("bad", "The server was killed (kill -9).");
    }
    if (server.is === "up" && before.server.is === "down") {
      const after = this.#downSince > 0 ? ` after ${duration(at - this.#downSince)}` : "";
      this.#happenings.tell("good", `The server is back${after}, with what its log had on disk.`);
    } else if (server.restarts > before.server.restarts && before.server.is === "up") {
      this.#isBroken = true;
      this.#happenings.tell("bad", "The server was killed (kill -9) and is back.");
    }
    if (network === "cut" && before.network !== "cut") {
      this.#downSince = at;
      this.#isBroken = true;
      this.#happenings.tell("bad", "The network is cut, for the editor too. It goes on writing.");
    }
    if (network === "live" && before.network !== "live") {
      this.#happenings.tell("good", "The network is back.");
    }
  }

  #turn(before: TurnReport | undefined, turn: TurnReport | undefined): void {
    if (!turn) return;
    const isNew = before?.message !== turn.message || before.of === 0;
    if (turn.of === 0) return; // it is about to begin
    if (isNew) {
      const how = `${whole(turn.of)} tokens at ${whole(turn.rate)} a second`;
      this.#happenings.tell("act", `${number(turn)} begins: ${how}.`);
    }
    if (turn.status === "running" || (!isNew && before?.status === turn.status)) return;
    const ends: Readonly<Record<typeof turn.status, string>> = {
      completed: `is complete after ${whole(turn.steps)} tokens.`,
      cancelled: `was stopped after ${whole(turn.steps)} of ${whole(turn.of)} tokens.`,
      failed: "failed: the editor could not go on.",
    };
    const tone = turn.status === "failed" ? "bad" : "good";
    this.#happenings.tell(tone, `${number(turn)} ${ends[turn.status]}`);
  }

  #recovery({ at, network, server }: PageReport): void {
    if (!this.#isBroken || network === "cut" || server.is === "down") return;
    const channels = this.#viewers.map(({ wire }) => wire.get().channel(CHANNEL));
    if (!channels.every(({ isLive }) => isLive)) return;
    this.#isBroken = false;
    const took = this.#downSince > 0 ? `, ${duration(at - this.#downSince)} after it broke` : "";
    this.#happenings.tell("good", `All three viewers are up to date again${took}.`);
  }
}
