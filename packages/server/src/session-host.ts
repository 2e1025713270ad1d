import type { Subprotocol, WelcomeFrame } from "@deltawire/spec";
import type { Credentials } from "./access.js";
import type { WireOptions } from "./capabilities.js";
import type { RecordHost } from "./connection-record.js";
import type { ChannelHost } from "./following.js";
import type { IdentityHost } from "./identity.js";

/** What a `Session` needs of its server. */
export interface SessionHost extends ChannelHost, IdentityHost, RecordHost {
  /** Takes note of a defect of the server. The client is told, and everything goes on. */
  report(defect: unknown): void;
  /** What an acknowledgement survives. @default "memory" */
  readonly durability?: WelcomeFrame["durability"];
}

/** What is known of a connection before its first frame. */
export interface SessionOptions extends WireOptions {
  readonly subprotocol: Subprotocol;
  /** What the handshake has shown, for the token of `hello` to be added to. */
  readonly credentials?: Credentials;
  /** Milliseconds of silence after which an end asks whether the other one is there. */
  readonly heartbeat?: number;
}
