import {
  type CommandFrame,
  type CommandResultFrame,
  DeltawireError,
  LIMITS,
  toWellFormed,
} from "@deltawire/spec";
import { ANYBODY, type Principal } from "./access.js";
import type { Asker } from "./channel-commands.js";
import { type ChannelHost, checkRoom } from "./following.js";
import type { HostedChannel } from "./hosted-channel.js";
import type { Line } from "./line.js";

/** The commands that a connection has sent and that have no result yet. */
export class Commanding implements Asker {
  readonly #line: Line;
  readonly #channels: ChannelHost;
  readonly #asked = new Map<
    string,
    { readonly channel: HostedChannel; readonly ids: Set<string> }
  >();

  constructor(line: Line, channels: ChannelHost) {
    this.#line = line;
    this.#channels = channels;
  }

  /** @throws DeltawireError `limit_exceeded`, and what opening a channel throws */
  ask(frame: CommandFrame, principal: Principal): void {
    const { channel: name, id } = frame;
    const by = nameOf(principal);
    let asked = this.#asked.get(name);
    if (!asked) {
      checkRoom(this.#asked);
      asked = { channel: this.#channels.open(name), ids: new Set() };
      this.#asked.set(name, asked);
    }
    asked.ids.add(id);
    asked.channel.commands.ask(this, by, frame);
  }

  /** Answers a command that cannot be asked. */
  refuse({ channel, id }: CommandFrame, { code, message }: DeltawireError): void {
    const error = { code, message };
    this.#line.send({ type: "command_result", channel, id, status: "failed", error });
  }

  onResult(frame: CommandResultFrame): void {
    const asked = this.#asked.get(frame.channel);
    if (asked && frame.status !== "accepted") {
      asked.ids.delete(frame.id);
      if (asked.ids.size === 0) this.#asked.delete(frame.channel);
    }
    this.#line.send(frame);
  }

  /** The connection is gone. */
  end(): void {
    for (const { channel } of this.#asked.values()) channel.commands.forget(this);
    this.#asked.clear();
  }
}

/**
 * What producers are told of who has sent a command: nothing of one whom nobody has asked. It
 * travels, and is stored: the text of the protocol is well-formed.
 */
export function nameOf(principal: Principal): string | undefined {
  if (principal === ANYBODY) return undefined;
  if (principal.id.length <= LIMITS.max_id_length) return toWellFormed(principal.id);
  const what = `the id of a principal has at most ${LIMITS.max_id_length} units (max_id_length)`;
  throw new DeltawireError("limit_exceeded", what);
}
