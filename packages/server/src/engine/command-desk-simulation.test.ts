import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Consumer } from "../testing/command-consumer.js";
import { LEASE, Network, type Producer, type Server, turn } from "../testing/command-network.js";

const IDS = ["one", "two", "three", "fails", "four", "five"];

const steps = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 3, arbitrary: fc.constant("ask" as const) },
      { weight: 8, arbitrary: fc.constant("move" as const) },
      { weight: 2, arbitrary: fc.constantFrom("connect" as const, "attach" as const) },
      { weight: 1, arbitrary: fc.constantFrom("disconnect" as const, "detach" as const) },
      { weight: 1, arbitrary: fc.constantFrom("finish" as const, "restart" as const) },
      { weight: 1, arbitrary: fc.constantFrom("give up" as const, "wait" as const) },
      { weight: 3, arbitrary: fc.constantFrom("decide" as const, "read" as const) },
    ),
    who: fc.nat(5),
    what: fc.nat(IDS.length - 1),
  }),
  { maxLength: 150, size: "max" },
);

type Script = readonly { readonly step: string; readonly who: number; readonly what: number }[];

async function run(
  network: Network,
  script: Script,
  about: (what: number) => string | undefined = () => undefined,
): Promise<void> {
  for (const { step, who, what } of script) {
    const consumer = network.consumers[who % network.consumers.length] as Consumer;
    const producer = network.producers[who % network.producers.length] as Producer;
    const direction = what % 2 === 0 ? "up" : "down";
    if (step === "ask") consumer.ask(IDS[what] as string, about(what));
    if (step === "move") {
      if (what % 4 < 2) network.moveConsumer(consumer, direction);
      else network.moveProducer(producer, direction);
    }
    if (step === "connect") network.connect(consumer);
    if (step === "disconnect") network.disconnect(consumer);
    if (step === "attach") network.attach(producer, what);
    if (step === "detach") network.detach(producer);
    const server = network.servers[what % network.servers.length] as Server;
    if (step === "decide") server.decide();
    if (step === "read") server.read();
    if (step === "finish") producer.finish();
    if (step === "restart") {
      network.detach(producer);
      producer.restart();
    }
    if (step === "give up") network.advance(LEASE);
    if (step === "wait") network.advance(what * 1000);
    await turn();
  }
  await network.settle();
}

/** All that is left to do is done by a handler that has begun. */
const BEGUN = [
  { step: "ask", who: 0, what: 0 },
  { step: "move", who: 0, what: 0 },
  { step: "move", who: 0, what: 3 },
  { step: "move", who: 0, what: 1 },
] as const satisfies Script;

/** Times that pass are no reason to fail, but where that is the subject. */
const timeless = (script: Script): Script => script.filter(({ step }) => step !== "wait");

/** 1: at most once a run. 2: every promise is settled. 3: asking again gives what was given. */
function check(network: Network): void {
  for (const { runs } of network.producers) {
    for (const begun of runs) expect(begun).toEqual([...new Set(begun)]);
  }
  for (const by of ["a", "b"]) {
    const asked = network.consumers
      .filter((consumer) => consumer.by === by)
      .flatMap((consumer) => consumer.outcomes);
    for (const id of IDS) {
      const outcomes = new Set(asked.filter((each) => each.id === id).map((each) => each.outcome));
      expect(outcomes.size).toBeLessThanOrEqual(1);
      const expected = id === "fails" ? "internal" : `done ${id}`;
      for (const outcome of outcomes) expect(outcome).toBe(expected);
    }
  }
  checkServers(network);
}

/** 1: all servers know the same. 2: delivered once an attachment. 3: each end is counted once. */
function checkServers({ servers, attachments, accepted, clock }: Network): void {
  const [first] = servers as [Server];
  for (const { desk, commands } of servers) {
    expect(commands.isIdle).toBe(true);
    expect(desk.snapshot()).toEqual(first.desk.snapshot());
  }
  for (const { delivered } of attachments) expect(delivered).toEqual([...new Set(delivered)]);
  expect(servers.flatMap(({ ended }) => ended)).toHaveLength(accepted.length);
  expect(clock.pending).toBe(0);
}

describe.each([
  ["", ["one"]],
  [", at two servers", ["one", "two"]],
])("whatever is lost, repeated, cut and restarted%s", (_where, servers) => {
  test("each command is carried out at most once a run, and answered", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const network = new Network(["p", "q"], servers);
        await run(network, timeless(script), (what) => (what % 3 === 0 ? "of p" : undefined));
        check(network);
      }),
      { numRuns: 200, examples: [[[...BEGUN]]] },
    );
  });

  test("one producer begins them in the order in which they were accepted, in each of its runs", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const network = new Network(["p"], servers);
        await run(network, timeless(script));
        check(network);
        const [{ runs }] = network.producers as [Producer];
        for (const begun of runs) {
          expect(begun).toEqual(network.accepted.filter((key) => begun.includes(key)));
        }
        expect(new Set(runs.flat())).toEqual(new Set(network.accepted));
      }),
      { numRuns: 200, examples: [[[...BEGUN]]] },
    );
  });

  test("where time passes, every promise settles all the same", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const network = new Network(["p", "q"], servers);
        await run(network, script);
        network.advance(31_000);
        await network.settle();
        network.advance(31_000);
        await turn();
        const outcomes = network.consumers.flatMap((consumer) => consumer.outcomes);
        for (const { outcome } of outcomes) expect(outcome).toMatch(/^(done .*|internal|timeout)$/);
        for (const { runs } of network.producers) {
          for (const begun of runs) expect(begun).toEqual([...new Set(begun)]);
        }
        checkServers(network);
      }),
      { numRuns: 200 },
    );
  });
});
