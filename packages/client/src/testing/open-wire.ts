import { type Mock, vi } from "vitest";
import type { Channel } from "../channel.js";
import { connect } from "../connect.js";
import type { ConnectOptions } from "../options.js";
import { preload } from "../preload.js";
import type { Wire } from "../wire.js";
import type { FakeNetwork, FakeSocket } from "./fake-server.js";

await preload(); // under fake timers nothing is loaded in time

/** Lets promises settle and notifications run, under fake timers. */
export const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

/** A wire on a network of fakes, without a throttle. */
export function openWire(network: FakeNetwork, options: ConnectOptions = {}): Wire {
  return connect("ws://host/wire", { WebSocket: network.WebSocket, throttle: 0, ...options });
}

/** A wire whose channel "c" is read by a listener, and whose connection is accepted. */
export interface Reading {
  readonly wire: Wire;
  readonly channel: Channel;
  readonly listener: Mock<() => void>;
  readonly stop: () => void;
  readonly socket: FakeSocket;
}

/** @see Reading */
export async function readChannel(
  network: FakeNetwork,
  options: ConnectOptions = {},
): Promise<Reading> {
  const wire = openWire(network, options);
  const channel = wire.channel("c");
  const listener = vi.fn();
  const stop = channel.subscribe(listener);
  await turn();
  const { socket } = network;
  socket.accept();
  return { wire, channel, listener, stop, socket };
}
