import { connect } from "@deltawire/client/reader";

/** What the page offers its test. */
export interface LoadingPage {
  /** Reads a channel; puts the text of its message "m" into the body. */
  read(url: string, channel: string): void;
  /** Reads the channel's changes; resolves with the types of the first two events. */
  changes(): Promise<string[]>;
}

let channel: ReturnType<ReturnType<typeof connect>["channel"]>;

Object.assign(globalThis, {
  loading: {
    read(url, name) {
      channel = connect(url).channel(name);
      channel.subscribe(() => {
        document.body.textContent = channel.state.message("m")?.text ?? "";
      });
    },
    async changes() {
      const types: string[] = [];
      for await (const { type } of channel.changes()) {
        document.title = type;
        if (types.push(type) === 2) break;
      }
      return types;
    },
  } satisfies LoadingPage,
});
