import type { AGUIEvent } from "@ag-ui/core";
import { EventEncoder } from "@ag-ui/encoder";
import type { Input, Message, Peer, Receiver, Sender } from "../peer.js";
import { AgUiAgent, AgUiPage } from "./ag-ui-events.js";

function sender(input: Input): Sender {
  const agent = new AgUiAgent(input);
  const encoder = new EventEncoder();
  const encoded = (events: AGUIEvent[]) => events.map((event) => encoder.encode(event));
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
      page.take(JSON.parse((message as string).slice("data: ".length))); // see sender
    },
    read: (part) => page.read(part),
    get hasNoticed() {
      return page.hasNoticed;
    },
  };
}

/** AG-UI: events as JSON, each a server-sent event. */
export const agUi: Peer = {
  name: "ag-ui",
  title: "AG-UI, JSON",
  package: "@ag-ui/encoder",
  framing: "events",
  sender,
  receiver,
};
