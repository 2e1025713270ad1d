import { expect, test } from "vitest";
import { type Attachment, Attachments } from "./attachments.js";
import { ChannelEngine } from "./engine/channel-engine.js";
import { added, frame } from "./testing/changes.js";

const attachment: Attachment = {
  fence: (error) => expect.fail(error.message),
  lose: (error) => expect.fail(error.message),
};

test("who was taken for gone says so once, and again when it was taken for gone anew", () => {
  const renewals: (() => void)[] = [];
  const attachments = new Attachments("c", (producer, token, done) => {
    renewals.push(() => {
      done();
      engine.renew(producer, token, "here");
    });
  });
  const engine = new ChannelEngine("c", "e");
  const { token } = engine.attach("p").producing;
  engine.append("p", token, frame(0, added("m")));
  attachments.put("p", attachment, token);
  attachments.check(engine, false);
  expect(renewals).toHaveLength(0);
  for (const times of [1, 2]) {
    engine.detach("p", token, 1000);
    // Several things that others have decided, before the channel learns that it is there.
    for (let i = 0; i < 3; i++) attachments.check(engine, false);
    expect(renewals).toHaveLength(times);
    renewals.at(-1)?.();
    attachments.check(engine, false);
    expect(renewals).toHaveLength(times);
  }
});
