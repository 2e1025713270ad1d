import { connect } from "@deltawire/client";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { Page } from "./pages/react-hydration.js";
import { Scenes, shows } from "./react-scenes.js";

const html = renderToString(<Page wire={connect("/wire")} />);
const scenes = await Scenes.of(
  "tests/browser/pages/react-hydration.tsx",
  `<div id="root">${html}</div>`,
);

describe.skipIf(!scenes.browser)("a page that a server has rendered", () => {
  test("is taken over as it is, though the wire is live already, and goes on", async () => {
    const reply = scenes.server.channel("hydrated", { throttle: 0 }).write("a").append("Hello");
    const { page } = await scenes.open();
    await shows(page, "text", "Hello");
    await shows(page, "glass", "Hello");
    await shows(page, "count", "1");
    await shows(page, "status", "live");
    await shows(page, "connection", "live");
    expect(await page.getAttribute("body", "data-before")).toBe(html);
    reply.append(" world");
    await shows(page, "text", "Hello world");
    await shows(page, "glass", "Hello world");
  });
});
