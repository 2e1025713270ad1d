import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { connect, type Message, type ReadChannel } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import { expect, onTestFinished, test } from "vitest";
import { neovimPart } from "../../../../tests/real/neovim.js";
import { readRecording } from "./recording.js";
import { type RealNeovim, startNeovim } from "./testing/real-neovim.js";

const part = await neovimPart("the plugin in a real editor");
const recordings = fileURLToPath(new URL("../../recordings/", import.meta.url));

interface Scene extends RealNeovim {
  readonly url: string;
  /** The thread, as a page reads it. */
  readonly thread: ReadChannel;
}

/** A server, an editor, and who reads the thread. */
async function scene(): Promise<Scene> {
  const server = createServer();
  const { url } = await server.listen({ port: 0 });
  const wire = connect(url);
  onTestFinished(async () => {
    await wire.close();
    await server.close();
  });
  const thread = wire.channel("thread/t");
  thread.subscribe(() => undefined);
  return { ...(await startNeovim(part as NonNullable<typeof part>)), url, thread };
}

const until = <T>(read: () => T, expected: T): Promise<void> =>
  expect.poll(read, { timeout: 20_000, interval: 20 }).toEqual(expected);

const shown = ({ state }: ReadChannel) =>
  state.messages.map(({ role, text, status }) => [role, text, status]);

const entryOf = ({ role, kind, attributes, text, status }: Message) => ({
  ...{ role, kind, attributes, text, status },
});

test.runIf(part)(
  "what is typed into a buffer is what the thread holds, keystroke by keystroke",
  async () => {
    const { nvim, url, thread, quit, lines } = await scene();
    await nvim.command(`DeltawireThread t ${url}`);
    await nvim.input("iHello 👋<CR>second<Esc>");
    await until(() => shown(thread), [["assistant", "Hello 👋\nsecond", "streaming"]]);
    expect(thread.state.attributes).toEqual({ title: "t", status: "running" });

    await nvim.input("ggOfirst<Esc>jA 👍👎<Esc>j.");
    await until(
      () => shown(thread),
      [["assistant", "first\nHello 👋 👍👎\nsecond 👍👎", "streaming"]],
    );
    await nvim.input("uggdGp"); // everything goes, and comes back below an empty line
    await until(() => thread.state.messages[0]?.text, (await lines()).join("\n"));
    await nvim.command("DeltawireDone");
    await until(() => thread.state.messages[0]?.status, "completed");
    await until(() => thread.state.attributes.status, "idle");

    await nvim.input("Goa late correction<Esc>");
    await until(() => thread.state.messages[0]?.status, "streaming");
    await quit(); // which waits until the server has everything
    await until(() => thread.state.messages[0]?.text.endsWith("\na late correction"), true);
    expect(thread.state.messages.map(({ status }) => status)).toEqual(["completed"]);
  },
);

test.runIf(part)(
  "a prompt from the page stands in the buffer, and what follows is the answer",
  async () => {
    const { nvim, url, thread, lines } = await scene();
    await nvim.command(`DeltawireThread t ${url}`);
    await nvim.input("iA plan<Esc>");
    await until(() => shown(thread).length, 1);
    await thread.command("prompt", { text: "And then?\nTell me." });
    await until(
      () => shown(thread),
      [
        ["assistant", "A plan", "completed"],
        ["user", "And then?\nTell me.", "completed"],
      ],
    );
    expect(await lines()).toEqual(["A plan", "And then?", "Tell me.", ""]);
    await nvim.input("iTests<Esc>");
    await until(() => shown(thread).at(-1), ["assistant", "Tests", "streaming"]);

    await nvim.input("ggA, and code<Esc>"); // an earlier entry, which has ended
    await until(() => shown(thread)[0], ["assistant", "A plan, and code", "streaming"]);
    await nvim.command("%s/T/t/g"); // across all entries
    await until(
      () => shown(thread).map(([, text]) => text),
      ["A plan, and code", "And then?\ntell me.", "tests"],
    );
    await thread.command("stop");
    await until(() => shown(thread).map(([, , status]) => status), Array(3).fill("cancelled"));
    await expect(thread.command("prompt", { text: " " })).rejects.toThrow("not empty");
  },
);

test.runIf(part)("a file that changes on disk, and a buffer that is closed", async () => {
  const { nvim, url, thread } = await scene();
  await nvim.command("edit notes.md | call setline(1, ['one', 'two']) | write");
  await nvim.command(`DeltawireThread t ${url}`);
  await until(() => shown(thread), [["assistant", "one\ntwo", "streaming"]]);
  await nvim.command("call writefile(['one', '2', 'three'], 'notes.md') | edit!");
  await until(() => shown(thread), [["assistant", "one\n2\nthree", "streaming"]]);
  await nvim.command(
    "set autoread | call writefile(['one', '2', 'four!'], 'notes.md') | checktime",
  );
  await until(() => shown(thread), [["assistant", "one\n2\nfour!", "streaming"]]);
  await nvim.input("GA?<Esc>");
  await until(() => shown(thread), [["assistant", "one\n2\nfour!?", "streaming"]]);
  await nvim.command("bwipeout!");
  await until(() => shown(thread), [["assistant", "one\n2\nfour!?", "completed"]]);
  await until(() => thread.state.attributes, { title: "notes.md", status: "idle" });
});

test.runIf(part)(
  "a recording is a turn with tool calls; prompts are answered by it, stop stops it",
  async () => {
    const { nvim, url, thread } = await scene();
    await nvim.command(`DeltawireReplay ${recordings}rate-limit.jsonl t ${url}`);
    await until(() => thread.state.attributes, {
      title: "Rate limits for the export API",
      status: "idle",
    });
    const [prompt, ...entries] = thread.state.messages.map(entryOf);
    const recording = readRecording(readFileSync(`${recordings}rate-limit.jsonl`, "utf8"));
    expect(prompt).toMatchObject({ role: "user", kind: "text", text: recording.prompt });
    expect(entries.map(({ kind, attributes, status }) => [kind, attributes, status])).toEqual([
      ["text", {}, "completed"],
      ["tool_call", { tool_name: "grep", tool_status: "Completed" }, "completed"],
      ["text", {}, "completed"],
      ["tool_call", { tool_name: "edit_file", tool_status: "Completed" }, "completed"],
      ["tool_call", { tool_name: "npm test", tool_status: "Failed" }, "completed"],
      ["text", {}, "completed"],
      ["tool_call", { tool_name: "edit_file", tool_status: "Completed" }, "completed"],
      ["tool_call", { tool_name: "npm test", tool_status: "Completed" }, "completed"],
      ["text", {}, "completed"],
    ]);
    // It was taken back after it had ended.
    expect(entries[2]?.text).toMatch(/^A \*\*token bucket\*\* .* its edge\.$/);

    await nvim.setVar("deltawire_step", 50);
    await nvim.command(`cd ${recordings} | DeltawireReplay ./flaky-test.jsonl t ${url}`);
    const growing = () => {
      const last = thread.state.messages.at(-1);
      return last?.role === "assistant" && last.kind === "text" && last.status === "streaming";
    };
    await until(() => thread.state.attributes.title === "A flaky test" && growing(), true);
    await expect(thread.command("prompt", { text: "Hm?" })).rejects.toThrow("still at work");
    await thread.command("stop");
    await until(() => thread.state.attributes.status, "idle");
    const end = thread.state.messages.at(-1);
    expect(end && [end.status, end.role]).toEqual(["cancelled", "assistant"]);

    await nvim.setVar("deltawire_step", 0);
    await thread.command("prompt", { text: "Once more" });
    await until(() => thread.state.messages.some(({ text }) => text === "Once more"), true);
  },
);
