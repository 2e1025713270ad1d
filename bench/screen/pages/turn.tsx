// An agent's turn in React, by Deltawire or by the AI SDK's useChat.
import { useChat } from "@ai-sdk/react";
import { connect, type Part } from "@deltawire/client";
import { DeltawireProvider, useMessage } from "@deltawire/react";
import { DefaultChatTransport, type UIMessage } from "ai";
import { memo, Profiler, type ReactNode, useEffect } from "react";
// The production build that tells a Profiler of commits.
import { createRoot } from "react-dom/profiling";
import { parameter } from "./painted.js";

/** What {@link counts} holds of the page so far. */
export interface Counts {
  /** React has put something new on the screen. */
  commits: number;
  /** Tasks of more than 50 ms, and their milliseconds. */
  long: number;
  longTime: number;
  ended: boolean;
}

const counts: Counts = { commits: 0, long: 0, longTime: 0, ended: false };
Object.assign(globalThis, { counts });

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    counts.long += 1;
    counts.longTime += duration;
  }
}).observe({ type: "longtask" });

const Text = memo(({ text }: { readonly text: string }): ReactNode => <p>{text}</p>);

const DeltawirePart = memo(({ part }: { readonly part: Part }): ReactNode => {
  if (part.kind === "text") return <Text text={part.text} />;
  return part.kind === "json" ? <pre>{JSON.stringify(part.value)}</pre> : null;
});

function Deltawire(): ReactNode {
  const message = useMessage("turn", "turn");
  counts.ended = message?.isFinal ?? false;
  return message?.parts.map((part) => <DeltawirePart key={part.id} part={part} />);
}

const ChatPart = memo(({ part }: { readonly part: UIMessage["parts"][number] }): ReactNode => {
  if (part.type === "text") return <Text text={part.text} />;
  return "data" in part ? <Text text={String(part.data)} /> : null;
});

function Chat({ throttle }: { readonly throttle: number }): ReactNode {
  const { messages, sendMessage, status } = useChat({
    transport: new DefaultChatTransport({ api: "/api/chat" }),
    ...(throttle > 0 && { experimental_throttle: throttle }),
    onFinish: () => {
      counts.ended = true;
    },
  });
  useEffect(() => {
    if (status === "ready" && messages.length === 0) void sendMessage({ text: "go" });
  }, [status, messages.length, sendMessage]);
  return messages
    .filter(({ role }) => role === "assistant")
    .flatMap(({ parts }) => parts.map((part, i) => <ChatPart key={String(i)} part={part} />));
}

const ways: Readonly<Record<string, () => ReactNode>> = {
  deltawire: () => (
    <DeltawireProvider wire={connect(parameter("wire"))}>
      <Deltawire />
    </DeltawireProvider>
  ),
  useChat: () => <Chat throttle={0} />,
  "useChat-throttled": () => <Chat throttle={100} />,
};

const onRender = () => {
  counts.commits += 1;
};

createRoot(document.querySelector("#root") ?? document.body).render(
  <Profiler id="turn" onRender={onRender}>
    {ways[parameter("way")]?.()}
  </Profiler>,
);
