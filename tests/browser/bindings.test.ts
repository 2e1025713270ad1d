import { expect, test } from "vitest";
import { ClientScenes } from "./client-scenes.js";

const scenes = await ClientScenes.of("examples/bindings/main.ts");

test.skipIf(!scenes.browser)(
  "the examples for Vue and Svelte show a message, and let go of it",
  async () => {
    const { page, channel, complaints } = await scenes.open({ before: vueFlags });
    const shown = () => page.locator("p").allTextContents();
    const reply = channel.write("m").append("one");
    await expect.poll(shown).toEqual(["streaming: one", "streaming: one"]);
    reply.append(" two");
    reply.splice(0, 3, "1");
    await reply.complete();
    await expect.poll(shown).toEqual(["completed: 1 two", "completed: 1 two"]);
    await page.getByText("Leave").click();
    await expect.poll(() => scenes.subscriptions()).toBe(0);
    expect(complaints).toEqual([]);
  },
);

/** What a bundler tells Vue, which asks for it by a warning. */
function vueFlags(): void {
  const names = ["OPTIONS_API", "PROD_DEVTOOLS", "PROD_HYDRATION_MISMATCH_DETAILS"];
  for (const name of names) Object.assign(window, { [`__VUE_${name}__`]: name === "OPTIONS_API" });
}
