import { Random } from "../random.js";
import { clientConnection } from "./client-connection.js";
import { decoders } from "./decoders.js";
import { liveServer } from "./live-server.js";
import type { Target } from "./target.js";

/** How long to go on, and where to begin. */
export interface FuzzOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Ends after one attack with that seed, to see a failure again. */
  readonly once?: boolean;
}

/** What was done. */
export interface FuzzReport {
  readonly attacks: ReadonlyMap<string, number>;
  /** What failed first, if anything did. */
  readonly failure?: { readonly target: string; readonly seed: number; readonly error: unknown };
}

/** Attacks each target in turn, with one seed after the other, until the time is over. */
export async function fuzz({ seconds, seed, once = false }: FuzzOptions): Promise<FuzzReport> {
  const targets: Target[] = [decoders, clientConnection, await liveServer()];
  const attacks = new Map(targets.map(({ name }) => [name, 0]));
  const end = performance.now() + seconds * 1000;
  let failure: FuzzReport["failure"];
  const attack = async (target: Target, at: number, run: () => void | Promise<void>) => {
    try {
      await run();
    } catch (error) {
      failure ??= { target: target.name, seed: at, error };
    }
  };
  const rejections: unknown[] = [];
  const onRejection = (error: unknown) => rejections.push(error);
  process.on("unhandledRejection", onRejection);
  let at = seed;
  do {
    for (const target of targets) {
      await attack(target, at, async () => {
        await target.attack(new Random(at));
        if (rejections.length > 0) throw rejections[0];
      });
      attacks.set(target.name, (attacks.get(target.name) ?? 0) + 1);
    }
    at += 1;
  } while (!once && !failure && performance.now() < end);
  for (const target of targets) await attack(target, at, () => target.close());
  process.off("unhandledRejection", onRejection);
  return { attacks, ...(failure && { failure }) };
}
