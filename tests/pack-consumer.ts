// A user's program. pack.test.ts compiles it against the packed packages twice, as an ES module and
// as CommonJS, and runs both: what it prints last is the text that has travelled.
import * as client from "@deltawire/client";
import * as decoder from "@deltawire/decoder";
import * as encoder from "@deltawire/encoder";
import * as protocol from "@deltawire/protocol";
import * as server from "@deltawire/server";
import * as spec from "@deltawire/spec";

async function main(): Promise<string> {
  const packages = { client, decoder, encoder, protocol, server, spec };
  return `${Object.keys(packages).length} packages`;
}

main().then(console.log, (error: unknown) => {
  console.error(error);
  process.exit(1);
});
