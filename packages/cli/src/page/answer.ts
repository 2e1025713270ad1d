import type { ServerResponse } from "node:http";
import type { ControlError } from "./report.js";

/** An answer that is no success. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  /** @param message what happened and what to do */
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Answers with JSON. */
export function answer(response: ServerResponse, status: number, body: object): void {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}

/** Answers with why there is no other answer. */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, code, message } = refusal;
  answer(response, status, { error: { code, message } } satisfies ControlError);
}
