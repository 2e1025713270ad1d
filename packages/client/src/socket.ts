import WebSocket from "isomorphic-ws";

/** The part of the WHATWG WebSocket interface that a connection uses. */
export interface Socket {
  binaryType: string;
  readonly protocol: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(message: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** Makes sockets: the browser's or Node's own `WebSocket`, that of `ws`, or one of your own. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

/** The platform's WebSocket; that of `ws` where there is none. */
// isomorphic-ws is typed as `ws`, whose handlers are typed wider than the standard's.
export const DefaultSocket = WebSocket as unknown as SocketConstructor;
