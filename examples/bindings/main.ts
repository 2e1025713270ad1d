import { connect } from "@deltawire/client";
import { createApp, h } from "vue";
import { selection } from "./svelte.js";
import { useSelection } from "./vue.js";

// A page that shows a message by Vue and by a store of Svelte: `?server=ws://…&channel=…`.
const query = new URLSearchParams(location.search);
const channel = connect(query.get("server") ?? "/wire").channel(query.get("channel") ?? "demo");

const app = createApp({
  setup() {
    const reply = useSelection(channel, ({ state }) => state.message("m"));
    return () => h("p", { id: "vue" }, [`${reply.value?.status}: ${reply.value?.text}`]);
  },
});
const root = document.createElement("div");
app.mount(root);

const line = document.createElement("p");
line.id = "svelte";
const reply = selection(channel, ({ state }) => state.message("m"));
const stop = reply.subscribe((message) => {
  line.textContent = `${message?.status}: ${message?.text}`;
});

const leave = document.createElement("button");
leave.textContent = "Leave";
leave.onclick = () => {
  app.unmount();
  stop();
};
document.body.append(root, line, leave);
