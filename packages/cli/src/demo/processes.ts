import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import type { Report } from "./ipc.js";

/** A process of the demo. */
export interface Role {
  readonly child: ChildProcess;
  /** The first report of a type; rejects when the process fails or ends before. */
  next<Type extends Report["type"]>(type: Type): Promise<Extract<Report, { readonly type: Type }>>;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
}

/** Starts a role in a process of its own: this command again, told what to be. */
export function startRole(
  name: string,
  settings: unknown,
  onReport: (report: Report) => void,
): Role {
  const script = process.argv[1] ?? "";
  const child = fork(script, [`demo:${name}`, JSON.stringify(settings)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const waiting = new Set<{
    type: string;
    resolve(report: Report): void;
    reject(error: Error): void;
  }>();
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    for (const { reject } of waiting) reject(failure);
  };
  child.on("message", (report: Report) => {
    onReport(report);
    if (report.type === "failed") fail(new Error(`${name}: ${report.message}`));
    for (const waiter of waiting) {
      if (waiter.type !== report.type) continue;
      waiting.delete(waiter);
      waiter.resolve(report);
    }
  });
  const exited = new Promise<number>((resolve) => {
    child.on("exit", (code) => {
      fail(new Error(`the ${name} process ended early`));
      resolve(code ?? 1);
    });
  });
  const next = async (type: string) =>
    new Promise<Report>((resolve, reject) => {
      if (failure) reject(failure);
      else waiting.add({ type, resolve, reject });
    });
  return { child, exited, next: next as Role["next"] }; // resolves by the type that is asked for
}
