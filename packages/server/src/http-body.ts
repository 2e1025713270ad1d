import type { Clock } from "@deltawire/encoder";
import { DeltawireError, LIMITS } from "@deltawire/spec";

/** Milliseconds without a byte after which a body is given up, whichever way it goes. */
const BODY_IDLE = 30_000;

/** Bytes of an answer that are handed on at a time. */
const SLICE = 64 * 1024;

/**
 * The text of a request's body.
 *
 * @throws by rejection: DeltawireError `limit_exceeded` as soon as it is past `max_frame_bytes`,
 *   `timeout` where nothing comes for {@link BODY_IDLE}, `malformed`, `connection_lost`
 */
export async function readBody(request: Request, clock: Clock): Promise<string> {
  if (request.headers.has("content-encoding")) {
    throw new DeltawireError("malformed", "a body is sent as it is, without content-encoding");
  }
  if (Number(request.headers.get("content-length")) > LIMITS.max_frame_bytes) throw tooLarge();
  if (!request.body) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new DeltawireError("ill_formed_text", "a body is UTF-8");
    }
  };
  let text = "";
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), clock);
      if (done) return text + decode();
      length += value.byteLength;
      if (length > LIMITS.max_frame_bytes) throw tooLarge();
      text += decode(value);
    }
  } catch (error) {
    reader.cancel().catch(() => undefined);
    throw error;
  }
}

/** Waits for the next bytes of a body, not for ever. */
function inTime<T>(read: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(BODY_IDLE, () => {
      reject(new DeltawireError("timeout", `nothing of the body came for ${BODY_IDLE} ms`));
    });
    read.then(resolve, () => {
      reject(new DeltawireError("connection_lost", "the body did not come to its end"));
    });
    read.then(cancel, cancel);
  });
}

function tooLarge(): DeltawireError {
  const what = `max_frame_bytes (${LIMITS.max_frame_bytes}) exceeded by the body`;
  return new DeltawireError("limit_exceeded", what);
}

/**
 * An answer's body. A large one is handed on as it is read, and given up where nobody reads for
 * {@link BODY_IDLE}.
 *
 * @param onEnd called once, however it ends
 */
export function pacedBody(
  content: string | Uint8Array<ArrayBuffer>,
  clock: Clock,
  onEnd: () => void,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (bytes.length > SLICE) return slowBody(bytes, clock, onEnd);
  onEnd();
  return bytes;
}

function slowBody(bytes: Uint8Array, clock: Clock, onEnd: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  let cancelTimer: () => void = () => undefined;
  const end = () => {
    cancelTimer();
    onEnd();
  };
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      cancelTimer();
      controller.enqueue(bytes.subarray(at, at + SLICE));
      at += SLICE;
      if (at >= bytes.length) {
        controller.close();
        end();
        return;
      }
      cancelTimer = clock.after(BODY_IDLE, () => {
        controller.error(new DeltawireError("timeout", `nobody read for ${BODY_IDLE} ms`));
        end();
      });
    },
    cancel: end,
  });
}
