import { type ComponentPropsWithoutRef, type ReactElement, useEffect, useRef } from "react";
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

/**
 * The text of one part of a message, in a `div`, written to the page as it changes: React renders
 * nothing for it.
 *
 * @throws Error where the channel is a name and there is no provider
 */
export function ChannelText(props: ChannelTextProps): ReactElement {
  const { channel: source, message, part = "text", ...rest } = props;
  const channel = useSource("ChannelText", source);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const store = storeOf(channel);
    const show = () => {
      const found = store.get().state.message(message)?.part(part);
      target.textContent = found?.kind === "text" ? found.text : "";
    };
    const stop = store.subscribe(show);
    show();
    return stop;
  }, [channel, message, part]);
  return <div {...rest} ref={element} />;
}
