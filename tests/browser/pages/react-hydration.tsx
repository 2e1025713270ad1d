import { connect, type Wire } from "@deltawire/client";
import {
  ChannelText,
  DeltawireProvider,
  useChannel,
  useConnection,
  useText,
} from "@deltawire/react";
import type { ReactElement } from "react";
import { hydrateRoot } from "react-dom/client";

function Thread(): ReactElement {
  const { messages, status } = useChannel("hydrated");
  const { status: connection } = useConnection();
  return (
    <main>
      <p id="status">{status.is}</p>
      <p id="connection">{connection.is}</p>
      <p id="count">{messages.length}</p>
      <p id="text">{useText("hydrated", "a")}</p>
      <ChannelText channel="hydrated" message="a" id="glass" />
    </main>
  );
}

/** The page, where it is rendered on a server and where it is taken over. */
export function Page({ wire }: { readonly wire: Wire }): ReactElement {
  return (
    <DeltawireProvider wire={wire}>
      <Thread />
    </DeltawireProvider>
  );
}

/** Takes the page over once its wire is live: the first render is the server's all the same. */
async function main(): Promise<void> {
  const wire = connect(new URL(location.href).searchParams.get("server") ?? "", { token: "good" });
  const channel = wire.channel("hydrated");
  const stop = channel.subscribe(() => undefined);
  while (channel.status.is !== "live") await new Promise(requestAnimationFrame);
  const root = document.getElementById("root") as HTMLElement; // stands in the page
  document.body.dataset.before = root.innerHTML;
  hydrateRoot(root, <Page wire={wire} />);
  stop();
}

if (typeof document === "object") void main();
