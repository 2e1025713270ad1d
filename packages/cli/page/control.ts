import type { ControlError, Network, TurnCopy } from "../src/page/report.js";

async function post(path: string, body: object = {}): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`/control/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw await refusalOf(response);
}

async function refusalOf(response: Response): Promise<Error> {
  const unknown = `the demo answered with status ${response.status}`;
  try {
    const { error }: Partial<ControlError> = await response.json();
    return new Error(error?.message ?? unknown);
  } catch {
    return new Error(unknown);
  }
}

/** Lets the editor write another turn. @param rate tokens a second */
export function playTurn(rate: number): Promise<void> {
  return post("turn", { rate });
}

/** Makes the network of one viewer better or worse. */
export function setViewerNetwork(viewer: string, network: Network): Promise<void> {
  return post(`viewers/${viewer}`, { network });
}

/** Makes everybody's network better or worse, the editor's included. */
export function setNetwork(network: Network): Promise<void> {
  return post("network", { network });
}

/** Kills the server and starts it again. */
export function restartServer(): Promise<void> {
  return post("restart");
}

/** The editor's own copy of its newest turn, which no part of the product has carried. */
export async function readTurnCopy(): Promise<TurnCopy> {
  const response = await fetch("/control/turn", { cache: "no-store" });
  if (!response.ok) throw await refusalOf(response);
  return response.json();
}
