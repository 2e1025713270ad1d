import { History } from "@deltawire/decoder/history";
import { CommandCalls } from "@deltawire/encoder/commands";
import { Composition } from "@deltawire/protocol/composition";
import { Channel, type ChannelOptions } from "./channel.js";
import type { ConnectOptions } from "./options.js";
import { type Platform, randomId, systemPlatform } from "./platform.js";
import { ReadWire } from "./read-wire.js";

/** A connection to a server, and its channels. Made by {@link connect}; opens on first use. */
export class Wire extends ReadWire<Channel, ChannelOptions> {
  constructor(url: string, options: ConnectOptions, platform: Platform = systemPlatform) {
    const { throttle, producer = randomId(platform) } = options;
    const instance = randomId(platform);
    const ofAll = throttle === undefined ? {} : { throttle };
    const composing = () => Composition; // who writes has it, and what follows
    const commanding = () => CommandCalls;
    const paging = () => History;
    super(url, options, platform, (name, shared, own) => {
      const host = { ...shared, composing, commanding, paging, producer, instance };
      return new Channel(name, host, { ...ofAll, ...own });
    });
  }
}
