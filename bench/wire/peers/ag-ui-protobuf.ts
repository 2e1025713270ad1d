import type { AGUIEvent } from "@ag-ui/core";
import { AGUI_MEDIA_TYPE, EventEncoder } from "@ag-ui/encoder";
import { decode } from "@ag-ui/proto";
import type { Input, Message, Peer, Receiver, Sender } from "../peer.js";
import { AgUiAgent, AgUiPage } from "./ag-ui-events.js";

/** Bytes of the length before each event. */
const LENGTH = 4;

function sender(input: Input): Sender {
  const agent = new AgUiAgent(input);
  const encoder = new EventEncoder({ accept: AGUI_MEDIA_TYPE });
  const encoded = (events: AGUIEvent[]) => events.map((event) => encoder.encodeBinary(event));
  return {
    send: (edits) => encoded(agent.send(edits)),
    end: () => encoded(agent.end()),
    join: () => encoded(agent.join()),
  };
}

function receiver(input: Input): Receiver {
  const page = new AgUiPage(input);
  return {
    receive(message: Message) {
      const bytes = (message as Uint8Array).subarray(LENGTH); // see sender
      page.take(decode(bytes) as AGUIEvent); // its own type is open, for events of later versions
    },
    read: (part) => page.read(part),
    get hasNoticed() {
      return page.hasNoticed;
    },
  };
}

/** AG-UI: events as protobuf, each with its length before it, in one HTTP response. */
export const agUiProtobuf: Peer = {
  name: "ag-ui-protobuf",
  title: "AG-UI, protobuf",
  package: "@ag-ui/proto",
  framing: "events",
  sender,
  receiver,
};
