import { bindText } from "@deltawire/client/reader";
import {
  type ComponentPropsWithoutRef,
  type ReactElement,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { storeOf } from "./channel-view.js";
import { type ChannelSource, useSource } from "./wire-context.js";

/** What a {@link ChannelText} is given: whose text it shows, and what a `div` takes. */
export interface ChannelTextProps extends Omit<ComponentPropsWithoutRef<"div">, "children"> {
  /** The channel's name, or the channel itself. */
  readonly channel: ChannelSource;
  /** The id of the message. */
  readonly message: string;
  /** The id of the text part. @default "text" */
  readonly part?: string;
}

/** Before the first paint; React 18 warns of that where a server renders. */
const useEffectBeforePaint = typeof document === "undefined" ? useEffect : useLayoutEffect;

/**
 * The text of one part of a message, in a `div`. React renders nothing when it changes: what has
 * changed is written straight to the page, which costs as much in a long text as in a short one and
 * keeps a selection. See `bindText` of `@deltawire/client`. A server renders it empty.
 *
 * @throws Error where the channel is a name and there is no provider
 * @throws DeltawireError `limit_exceeded` or `ill_formed_text` for what is no name
 * @example
 * <ChannelText channel="thread-42" message="turn-7" className="reply" aria-busy="true" />
 */
export function ChannelText(props: ChannelTextProps): ReactElement {
  const { channel: source, message, part = "text", style, ...rest } = props;
  const channel = useSource("ChannelText", source);
  const element = useRef<HTMLDivElement>(null);
  useEffectBeforePaint(() => {
    if (!element.current) return undefined;
    const stop = bindText(element.current, channel, message, { part });
    // Holds the channel a moment longer, for who takes this one's place.
    const leave = storeOf(channel).subscribe(() => undefined);
    return () => {
      stop();
      leave();
    };
  }, [channel, message, part]);
  return <div {...rest} style={{ whiteSpace: "pre-wrap", ...style }} ref={element} />;
}
