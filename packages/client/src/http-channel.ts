import { JsonCodec } from "@deltawire/protocol/json";
import {
  CLOSE_CODES,
  type CommandFrame,
  DeltawireError,
  type ErrorFrame,
  type Filter,
  type Frame,
  type GoodbyeFrame,
  type ProduceFrame,
  parseDownward,
  type SubscribeFrame,
} from "@deltawire/spec";
import { failureOf, isTooLarge, lossOf } from "./connection.js";
import type { StreamEvent } from "./event-stream.js";
import type { HttpExchange, HttpReply } from "./http-exchange.js";

/** UTF-16 units of frames that are put into one request, beyond the first. */
const MAX_BATCH = 1 << 18;

/** Milliseconds for which a request waits for the result of a command. */
const RESULT_WAIT = 20_000;

/** How often that is done: a command has ten minutes at most. */
const MAX_WAITS = 40;

/** Frames that go into a request. */
type Posted = Exclude<Frame & { readonly channel: string }, ErrorFrame>;

interface Queued {
  readonly frame: Posted;
  readonly json: string;
}

/** One channel over HTTP: what it follows comes as a stream of events, what it sends is posted. */
export class HttpChannel {
  readonly #name: string;
  readonly #http: HttpExchange;
  readonly #codec = new JsonCodec(parseDownward);
  #stopFollowing: (() => void) | undefined;
  #stopServing: (() => void) | undefined;
  /** Of what is followed; earlier messages are asked for by the same. */
  #filter: Filter | undefined;
  #queue: Queued[] = [];
  #isPosting = false;
  /** The present attachment, which each request states. */
  #claim: Omit<ProduceFrame, "type" | "channel"> | undefined;

  constructor(name: string, http: HttpExchange) {
    this.#name = name;
    this.#http = http;
  }

  /** Whether there is nothing here that another one in its place would not have. */
  get isIdle(): boolean {
    return !this.#stopFollowing && !this.#isPosting && !this.#claim;
  }

  /** @throws DeltawireError `limit_exceeded` where it is larger than `max_frame_bytes` */
  send(frame: Posted): void {
    if (frame.type === "subscribe") this.#follow(frame);
    else if (frame.type === "unsubscribe") {
      this.#http.passed("sent", "", frame); // ending the request says it
      this.#stopFollowing?.();
      this.#stopFollowing = undefined;
    } else {
      const filter = frame.type === "history" && this.#filter && { filter: this.#filter };
      const [json = ""] = this.#codec.encode({ ...frame, ...filter });
      if (isTooLarge(json)) {
        throw new DeltawireError("limit_exceeded", "a frame is larger than max_frame_bytes");
      }
      this.#queue.push({ frame, json: String(json) });
      if (!this.#isPosting) void this.#post();
    }
  }

  #follow(frame: SubscribeFrame): void {
    const { request, epoch, seq, last, filter } = frame;
    this.#filter = filter;
    this.#stopFollowing?.();
    const query: Record<string, string> = { request: String(request) };
    if (epoch !== undefined) query.since = `${encodeURIComponent(epoch)}:${seq}`;
    if (last !== undefined) query.last = String(last);
    if (filter) query.filter = JSON.stringify(filter);
    this.#http.passed("sent", `${this.#path}/events?${new URLSearchParams(query)}`, frame);
    this.#stopFollowing = this.#listen(query, request);
  }

  /** Reads a stream of events. Returns what stops it. */
  #listen(query: Readonly<Record<string, string>>, request?: number): () => void {
    let goodbye: GoodbyeFrame | undefined;
    let isRefused = false;
    const refuse = (code: string, message: string) => {
      isRefused = true;
      this.#tell({ type: "error", code, message, ...(request !== undefined && { request }) });
    };
    const stop = this.#http.listen(`${this.#path}/events`, query, {
      refused: ({ code, message }) => refuse(code, message),
      event: ({ name, data }: StreamEvent) => {
        if (name === "close") {
          // Who has been told why asks again, or not, by itself.
          if (!isRefused) this.#closed(data, goodbye);
          stop();
          return;
        }
        const value: { readonly type?: unknown; readonly channel?: unknown } = JSON.parse(data);
        if (value.type === "goodbye") goodbye = value as GoodbyeFrame;
        if (value.type === "error" && value.channel !== undefined) isRefused = true;
        this.#receive(data);
      },
      unreadable: (error) => {
        stop();
        refuse("internal", `an event cannot be read: ${error.message}`);
      },
    });
    return stop;
  }

  #closed(data: string, goodbye: GoodbyeFrame | undefined): void {
    const { code, reason }: { readonly code?: unknown; readonly reason?: unknown } =
      JSON.parse(data);
    // A stream that is over is no connection that is.
    const known = typeof code === "number" && code !== CLOSE_CODES.normal ? code : 1006;
    this.#http.lost(lossOf(known, String(reason ?? ""), goodbye?.retry_after));
  }

  get #path(): string {
    return `/channels/${encodeURIComponent(this.#name)}`;
  }

  /** Posts what waits, until nothing does: one request at a time. */
  async #post(): Promise<void> {
    this.#isPosting = true;
    let reply: HttpReply | undefined = { frames: [] };
    while (reply && this.#queue.length > 0) {
      const batch = this.#batch();
      for (const { frame, json } of batch) this.#http.passed("sent", json, frame);
      reply = await this.#http.post(this.#path, this.#body(batch));
      if (!reply) break;
      for (const { frame } of batch) if (frame.type === "produce") this.#attach(frame);
      try {
        this.#answer(reply, batch);
      } catch (error) {
        this.#http.lost(failureOf(error));
      }
    }
    this.#isPosting = false;
  }

  #body(batch: readonly Queued[]): string {
    const isClaim = batch.some(({ frame }) => frame.type === "produce");
    if (isClaim) this.#stopServing?.(); // the attachment that it is of is about to be fenced
    const head = JSON.stringify((!isClaim && this.#claim) || {}).slice(1, -1);
    return `{${head}${head && ","}"frames":[${batch.map(({ json }) => json).join(",")}]}`;
  }

  /** A `produce` begins a request, and what is large goes alone. */
  #batch(): Queued[] {
    let size = 0;
    const end = this.#queue.findIndex(({ frame, json }, i) => {
      size += json.length;
      return i > 0 && (size > MAX_BATCH || frame.type === "produce");
    });
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end);
  }

  #attach({ producer, instance, commands }: ProduceFrame): void {
    this.#claim = {
      producer,
      ...(instance !== undefined && { instance }),
      ...(commands && { commands }),
    };
  }

  #answer({ frames, error }: HttpReply, batch: readonly Queued[]): void {
    for (const frame of frames) this.#receive(JSON.stringify(frame));
    for (const { frame, json } of batch) {
      if (frame.type === "command" && isAccepted(frame.id, frames)) void this.#await(frame, json);
    }
    if (!error || frames.length > 0) return;
    const { code, message } = error;
    for (const { frame } of batch) {
      if (frame.type === "command") {
        this.#tell({ type: "command_result", id: frame.id, status: "failed", error });
      } else if (frame.type === "history") {
        this.#tell({ type: "error", code, message, request: frame.request });
      }
    }
    const isWriting = ({ frame: { type } }: Queued) => type === "changes" || type === "produce";
    if (batch.some(isWriting)) this.#tell({ type: "error", code, message });
  }

  /** Asks for the result of a command, beside what else is posted: the same id is the same one. */
  async #await(frame: CommandFrame, json: string): Promise<void> {
    const wait = String(RESULT_WAIT);
    const { id } = frame;
    const ask = () => {
      this.#http.passed("sent", json, frame);
      return this.#http.post(this.#path, `{"frames":[${json}]}`, { wait });
    };
    let reply = await ask();
    for (let i = 0; i < MAX_WAITS && reply && isAccepted(id, reply.frames); i++)
      reply = await ask();
    try {
      for (const frame of reply?.frames ?? []) this.#receive(JSON.stringify(frame));
    } catch (error) {
      this.#http.lost(failureOf(error));
    }
  }

  #tell(frame: object): void {
    this.#receive(JSON.stringify({ channel: this.#name, ...frame }));
  }

  /** Takes a frame. @throws DeltawireError where it cannot be read */
  #receive(json: string): void {
    let frame: Frame | undefined;
    try {
      frame = this.#codec.decode(json);
    } catch (error) {
      if (!(error instanceof DeltawireError)) throw error;
      this.#http.passed("received", json, undefined, error);
      if (error.code === "unknown_frame") return;
      throw error;
    }
    this.#http.passed("received", json, frame);
    if (frame?.type === "producing") this.#serve(frame.token);
    if (frame) this.#http.receive(frame);
  }

  /** Stays attached while nothing is written, and takes commands. */
  #serve(token: number): void {
    if (!this.#claim) return;
    this.#claim = { ...this.#claim, token };
    this.#stopServing?.();
    const { producer } = this.#claim;
    this.#stopServing = this.#listen({ follow: "0", producer, token: String(token) });
  }
}

/** Whether a command is on its way, and that is all that is known of it. */
function isAccepted(id: string, frames: readonly object[]): boolean {
  const results = frames.filter((frame) => "id" in frame && frame.id === id);
  return (
    results.length > 0 && results.every((frame) => "status" in frame && frame.status === "accepted")
  );
}
