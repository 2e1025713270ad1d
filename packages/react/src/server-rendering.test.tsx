import { setImmediate } from "node:timers/promises";
import { connect } from "@deltawire/client";
import type { ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import {
  ChannelText,
  DeltawireProvider,
  useChannel,
  useConnection,
  useMessage,
  useText,
} from "./index.js";

function Everything(): ReactElement {
  const { messages, state, status, error } = useChannel("c", { last: 50 });
  const connection = useConnection();
  const message = useMessage("c", "m");
  const text = useText("c", "m");
  const all = [messages.length, state.seq, status.is, error, connection.status.is, message, text];
  return (
    <>
      <p>{JSON.stringify(all)}</p>
      <ChannelText channel="c" message="m" className="reply" />
    </>
  );
}

const html =
  "<p>[0,0,&quot;idle&quot;,null,&quot;idle&quot;,null,&quot;&quot;]</p>" +
  '<div class="reply" style="white-space:pre-wrap"></div>';

test("a server renders a channel that nobody has read, and connects to nothing", async () => {
  const WebSocket = vi.fn();
  const wire = connect("/wire", { WebSocket });
  const page = (
    <DeltawireProvider wire={wire}>
      <Everything />
    </DeltawireProvider>
  );
  expect(renderToString(page)).toBe(html);
  expect(renderToString(page)).toBe(html);
  await setImmediate();
  expect(WebSocket).not.toHaveBeenCalled();
  expect(wire.status).toEqual({ is: "idle" });
});

test("a wire that is made where a server renders needs no closing", () => {
  const make = vi.fn(() => connect("/wire"));
  const page = (
    <DeltawireProvider wire={make}>
      <Everything />
    </DeltawireProvider>
  );
  expect(renderToString(page)).toBe(html);
  expect(make).toHaveBeenCalledTimes(1);
});

/** A component that shows what a hook returns. */
function Using({ hook }: { readonly hook: () => unknown }): string {
  return JSON.stringify(hook());
}

test("without a provider each hook says what to do", () => {
  const hooks = {
    useChannel: () => useChannel("c"),
    useMessage: () => useMessage("c", "m"),
    useText: () => useText("c", "m"),
    useConnection: () => useConnection(),
  };
  for (const [name, hook] of Object.entries(hooks)) {
    const what = `${name} finds no wire: render it inside a <DeltawireProvider wire={connect(url)}>`;
    expect(() => renderToString(<Using hook={hook} />)).toThrow(what);
  }
});

test("a channel that is at hand needs no provider, and a bad name is an error", () => {
  const wire = connect("/wire");
  expect(renderToString(<Using hook={() => useText(wire.channel("c"), "m")} />)).toBe(
    "&quot;&quot;",
  );
  const bad = (
    <DeltawireProvider wire={wire}>
      <Using hook={() => useChannel("")} />
    </DeltawireProvider>
  );
  expect(() => renderToString(bad)).toThrow(expect.objectContaining({ code: "limit_exceeded" }));
});
