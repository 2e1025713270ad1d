import { connect } from "@deltawire/client";

// Whenever this begins, it gets what is there in one frame, and then what comes.
const wire = connect(process.argv[2] ?? "ws://127.0.0.1:4680/wire");
let shown = 0;
for await (const { state } of wire.channel("build").changes()) {
  const [run] = state.messages;
  process.stdout.write(run?.text.slice(shown) ?? "");
  shown = run?.text.length ?? 0;
  if (run?.isFinal) break;
}
await wire.close();
