import { connect } from "@deltawire/client";
import { createServer } from "@deltawire/server";
import { expect, test } from "vitest";

test("a producer over HTTP that attaches anew is not fenced by itself", async () => {
  const server = createServer();
  const { url } = await server.listen({ port: 0 });
  const wire = connect(url, { transport: "http", throttle: 0 });
  const channel = wire.channel("c");
  const message = channel.write("m").append("Hello");
  await channel.flush();
  await new Promise((resolve) => setTimeout(resolve, 100)); // its events are open
  channel.onCommand("stop", () => "stopped"); // it says so by attaching anew
  await expect(server.channel("c").command("stop")).resolves.toBe("stopped");
  message.append(" world");
  await message.complete();
  expect(server.channel("c").state.message("m")).toMatchObject({
    status: "completed",
    text: "Hello world",
  });
  await wire.close();
  await server.close();
});
