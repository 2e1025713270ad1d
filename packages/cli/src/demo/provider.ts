import { createParser } from "eventsource-parser";
import { anthropic } from "./anthropic.js";
import { Blocks } from "./blocks.js";
import { InputError } from "./input-error.js";
import { asObject, asText, type JsonObject, parseObject } from "./json.js";
import { openaiChat } from "./openai-chat.js";
import { openaiResponses } from "./openai-responses.js";
import type { Step } from "./step.js";
import type { Adapter } from "./trace-line.js";

/** The providers whose raw streams can be played. */
export type Provider = "openai-responses" | "openai-chat" | "anthropic";

const ADAPTERS: Readonly<Record<Provider, Adapter>> = {
  "openai-responses": openaiResponses,
  "openai-chat": openaiChat,
  anthropic,
};

/** One event of a capture; `value` is absent where its data is not a JSON object. */
interface CapturedEvent {
  readonly at: number;
  readonly value: JsonObject | undefined;
}

/** A capture of a provider's stream, before it is read into steps. */
export interface Capture {
  readonly provider: Provider;
  readonly events: readonly CapturedEvent[];
}

/**
 * The events of a capture: server-sent events as WHATWG specifies them, or one JSON object a
 * line. `undefined` if `text` is neither, or holds no event of a known provider.
 */
export function openCapture(text: string): Capture | undefined {
  const sse = /^\s*(?:data|event|id|retry)?:/.test(text);
  if (!sse && !/^\s*\{/.test(text)) return undefined;
  const events = objects(sse ? serverSent(text) : text.split("\n"));
  for (const { value } of events) {
    const provider = value && providerOf(value);
    if (provider) return { provider, events };
  }
  return undefined;
}

/**
 * The steps of a capture. The last event may be cut off, since a recording can end anywhere.
 *
 * @throws InputError `bad_event` with the event's ordinal; `nothing_to_play` with the provider's
 * own error where that is all the capture holds
 */
export function readCapture({ provider, events }: Capture): Step[] {
  const numbers = new Map<string, number>();
  const read = ADAPTERS[provider]((key) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  const blocks = new Blocks();
  for (const [index, { at, value }] of events.entries()) {
    if (value === undefined) {
      if (index === events.length - 1) break;
      const advice = "record the stream again, or remove that event";
      throw new InputError("bad_event", `event ${at} is not a JSON object; ${advice}`, at);
    }
    for (const line of read(value)) blocks.add(line, at);
  }
  if (blocks.steps.length === 0) throw new InputError("nothing_to_play", failure(provider, events));
  return blocks.steps;
}

function providerOf(event: JsonObject): Provider | undefined {
  const type = asText(event.type);
  if (type.startsWith("response.")) return "openai-responses";
  if (/^(message|content_block)_(start|delta|stop)$/.test(type)) return "anthropic";
  return Array.isArray(event.choices) ? "openai-chat" : undefined;
}

function failure(provider: Provider, events: readonly CapturedEvent[]): string {
  for (const { value } of events) {
    const error = asObject(value?.error) ?? asObject(asObject(value?.response)?.error);
    if (error) return `the ${provider} capture holds only an error: ${asText(error.message)}`;
  }
  return `the ${provider} capture holds no content; record a stream that has some`;
}

/**
 * The data of server-sent events (WHATWG HTML, 9.2.6). The last event is completed, since
 * recordings often lack the blank line after it; others lack all blank lines, and then each line
 * is an event.
 */
function serverSent(text: string): string[] {
  const data: string[] = [];
  const parser = createParser({ onEvent: (event) => data.push(event.data) });
  parser.feed(`${text.trimStart()}\n\n`);
  return data.flatMap((one) => (parseObject(one) ? [one] : one.split("\n")));
}

function objects(texts: readonly string[]): CapturedEvent[] {
  const events: CapturedEvent[] = [];
  for (const [index, text] of texts.entries()) {
    const one = text.trim();
    if (one !== "" && one !== "[DONE]") events.push({ at: index + 1, value: parseObject(one) });
  }
  return events;
}
