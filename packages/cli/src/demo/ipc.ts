import type { ChildProcess } from "node:child_process";
import process from "node:process";
import type { TurnCopy, TurnReport } from "../page/report.js";

/** Text that was there at a time: units of all text parts together, and a clock's milliseconds. */
export type Mark = readonly [units: number, at: number];

/** What the demo's processes tell the one that started them. */
export type Report =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "ready"; readonly steps: number; readonly format: string }
  | {
      readonly type: "written";
      readonly steps: number;
      readonly rawBytes: number;
      readonly naiveBytes: number;
      readonly marks: readonly Mark[];
    }
  | {
      readonly type: "seen";
      readonly consumer: string;
      readonly marks: readonly Mark[];
      readonly tail: string;
    }
  | {
      readonly type: "joined";
      readonly consumer: string;
      readonly textBytes: number;
      readonly parts: number;
      readonly messages: number;
    }
  | { readonly type: "turn"; readonly turn: TurnReport }
  | { readonly type: "copy"; readonly copy: TurnCopy }
  | { readonly type: "checked"; readonly differ: readonly string[] }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly message: string };

/** What they are told. */
export type Order =
  | { readonly type: "go" }
  | { readonly type: "join"; readonly consumer: string }
  | { readonly type: "play"; readonly message: string; readonly rate: number }
  | { readonly type: "copy" }
  | { readonly type: "finish" };

/** Milliseconds of a clock that all processes of this machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Tells the process that started this one. */
export function report(message: Report): void {
  process.send?.(message);
}

/** Hears what the process that started this one says. */
export function onOrder(listener: (order: Order) => void): void {
  process.on("message", listener); // nobody else sends here
}

/** Tells a process that this one started. */
export function order(child: ChildProcess, message: Order): void {
  if (child.connected) child.send(message);
}
