import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { UsageError } from "../usage-error.js";
import { MIGRATE_FLAGS, SERVE_FLAGS, variableOf } from "./flags.js";
import { MIGRATE_HELP, SERVE_HELP } from "./help.js";
import { parseServeOptions } from "./options.js";

const names = SERVE_FLAGS.flatMap(({ flags }) => flags.map(({ name }) => name));
const namesIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name = ""]) => name);

test("the help has each option of the parser, and no other", () => {
  expect(namesIn(SERVE_HELP)).toEqual(names);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) {
    expect(SERVE_HELP).toContain(`[${variableOf(name)}]`);
    // A value that nothing takes: what is refused is known.
    const parse = () => parseServeOptions([`--${name}`, "\0"], {}, () => "\0");
    let error: unknown;
    try {
      parse();
    } catch (thrown) {
      error = thrown;
    }
    if (error) expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).not.toContain("there is no option");
  }
  expect(namesIn(MIGRATE_HELP)).toEqual(
    MIGRATE_FLAGS.flatMap(({ flags }) => flags.map(({ name }) => name)),
  );
});

test("the defaults that the help states are those that hold", () => {
  const args = SERVE_FLAGS.flatMap(({ flags }) =>
    flags.flatMap(({ name, otherwise = "" }) =>
      /^[/\d]|^info$/.test(otherwise) ? [`--${name}`, otherwise] : [],
    ),
  );
  expect(parseServeOptions([...args, "--admin-port", "1"], {}, () => "")).toEqual({
    listen: {
      port: 4680,
      host: "127.0.0.1",
      path: "/wire",
      admin: { port: 1, host: "127.0.0.1" },
    },
    data: { retention: {}, wait: 30_000 },
    access: { tokens: [] },
    limits: {
      connections: 10_000,
      connectionsPerPrincipal: 1000,
      framesPerSecond: 10_000,
      bytesPerSecond: 67_108_864,
      lease: 15_000,
      lost: 600_000,
    },
    logLevel: "info",
    drain: 25_000,
    strangers: [],
  });
});

test("docs/serving.md has the same options", () => {
  const rows = SERVE_FLAGS.flatMap(({ title, flags }) => [
    `### ${title}`,
    ...flags.map(
      ({ name, value, text, otherwise = "" }) =>
        `| \`--${name} ${value}\` | \`${variableOf(name)}\` | ${otherwise} | ${text} |`,
    ),
  ]);
  const file = new URL("../../../../docs/serving.md", import.meta.url);
  const [, section = ""] = readFileSync(file, "utf8").split("## Options\n");
  const lines = (section.split("\n## ")[0] ?? "").split("\n");
  expect(lines.filter((line) => /^(### |\| `)/.test(line))).toEqual(rows);
});

test("the help fits a terminal of 100 columns", () => {
  for (const line of [...SERVE_HELP.split("\n"), ...MIGRATE_HELP.split("\n")]) {
    expect(line.length, line).toBeLessThanOrEqual(100);
  }
});

test("the help reads as it did", () => {
  expect(MIGRATE_HELP).toMatchInlineSnapshot(`
    "deltawire migrate: makes the tables in PostgreSQL, or brings them up to date

    Usage: deltawire migrate --postgres URL

    \`deltawire serve\` does the same when it starts; this is for a deploy in which only one step may
    change tables. It does nothing where all is up to date, and several may run at once.

    Options
      --postgres URL            the history in PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE
                                [DELTAWIRE_POSTGRES]
      --postgres-file FILE      holds that URL [DELTAWIRE_POSTGRES_FILE]
      --wait TIME               how long Redis and PostgreSQL are waited for at the start (default
                                30s) [DELTAWIRE_WAIT]

    The exit code is 0 if the tables are up to date, 1 if they could not be made, and 2 if an option
    cannot be used.
    "
  `);
  expect(SERVE_HELP).toMatchInlineSnapshot(`
    "deltawire serve: the server, as a command

    Usage: deltawire serve [options]

    Every option can be given by environment instead, by the name in brackets; a flag wins over that.
    TIME is seconds, or has a unit: 90, 250ms, 15m, 12h, 30d. SIZE is bytes, or has one: 65536, 64k, 8m.

    Where it listens
      --port PORT               0 for any free one (default 4680) [DELTAWIRE_PORT]
      --host HOST               the address; one that others can reach needs a token or a JWT key, see
                                below (default 127.0.0.1) [DELTAWIRE_HOST]
      --path PATH               where clients come in (default /wire) [DELTAWIRE_PATH]
      --origins LIST            origins of pages that may connect beside those of the host itself,
                                with commas between: https://app.example.com (default none)
                                [DELTAWIRE_ORIGINS]
      --admin-port PORT         where GET /health, /stats and /metrics are answered. Nobody is asked
                                who he is there: keep it off the internet (default nowhere)
                                [DELTAWIRE_ADMIN_PORT]
      --admin-host HOST         the address of that (default 127.0.0.1) [DELTAWIRE_ADMIN_HOST]

    Where it keeps what is written: in memory, unless told otherwise
      --data FOLDER             in a folder, which this one server has for itself [DELTAWIRE_DATA]
      --redis URL               the log in Redis, which any number of servers share:
                                redis://[USER:PASSWORD@]HOST:PORT[/DB], rediss:// with TLS;
                                redis+sentinel://HOST:PORT,HOST:PORT/MASTER;
                                redis+cluster://HOST:PORT,HOST:PORT [DELTAWIRE_REDIS]
      --redis-file FILE         holds that URL [DELTAWIRE_REDIS_FILE]
      --postgres URL            the history in PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE
                                [DELTAWIRE_POSTGRES]
      --postgres-file FILE      holds that URL [DELTAWIRE_POSTGRES_FILE]
      --retain-messages COUNT   messages of a channel that are kept; older ones that have ended go
                                (default all) [DELTAWIRE_RETAIN_MESSAGES]
      --retain-age TIME         how long a message is kept after it has ended (default for ever)
                                [DELTAWIRE_RETAIN_AGE]
      --retain-bytes SIZE       bytes of a channel's messages that are kept; older ones that have
                                ended go (default all) [DELTAWIRE_RETAIN_BYTES]
      --wait TIME               how long Redis and PostgreSQL are waited for at the start (default
                                30s) [DELTAWIRE_WAIT]

    Who may come in: this machine, unless told otherwise
      --token TOKEN             whoever shows it may do everything; 16 characters at least. Other
                                users of a machine see flags: give it by environment or file
                                [DELTAWIRE_TOKEN]
      --token-file FILE         tokens, one a line: TOKEN, or NAME TOKEN [DELTAWIRE_TOKEN_FILE]
      --jwt-secret SECRET       takes JWTs that are signed with it (HS256, HS384, HS512); 32 bytes at
                                least [DELTAWIRE_JWT_SECRET]
      --jwt-secret-file FILE    holds that secret [DELTAWIRE_JWT_SECRET_FILE]
      --jwt-public-key FILE     takes JWTs that are signed with the private half of this key (PEM;
                                RSA, EC or Ed25519) [DELTAWIRE_JWT_PUBLIC_KEY]
      --jwks URL                takes JWTs that are signed with one of the keys there, a JSON Web Key
                                Set [DELTAWIRE_JWKS]
      --jwt-issuer ISSUER       who must have issued them (default anybody) [DELTAWIRE_JWT_ISSUER]
      --jwt-audience AUDIENCE   whom they must be for (default anybody) [DELTAWIRE_JWT_AUDIENCE]
      --jwt-rights JSON         what they allow where they do not say so themselves (default nothing)
                                [DELTAWIRE_JWT_RIGHTS]

    How much
      --max-connections COUNT   connections and requests at a time (default 10000)
                                [DELTAWIRE_MAX_CONNECTIONS]
      --max-connections-per-principal COUNT
                                those of one principal; everybody with the same token is one (default
                                1000) [DELTAWIRE_MAX_CONNECTIONS_PER_PRINCIPAL]
      --max-frames-per-second COUNT
                                frames that one principal sends (default 10000)
                                [DELTAWIRE_MAX_FRAMES_PER_SECOND]
      --max-bytes-per-second SIZE
                                bytes that one principal sends (default 64m)
                                [DELTAWIRE_MAX_BYTES_PER_SECOND]
      --producer-lease TIME     after which a producer that is gone is taken for interrupted (default
                                15s) [DELTAWIRE_PRODUCER_LEASE]
      --producer-lost TIME      after which it is taken for lost, and what it was writing for failed
                                (default 10m) [DELTAWIRE_PRODUCER_LOST]

    How it runs
      --drain TIME              how long it may take to stop after SIGTERM or SIGINT; a second signal
                                ends it at once (default 25s) [DELTAWIRE_DRAIN]
      --log-level LEVEL         debug, info, warn, error or silent; one JSON object a line, on
                                standard error (default info) [DELTAWIRE_LOG_LEVEL]

    A JWT names its user as "sub", ends at "exp", and says what it allows, "*" being any text:
      { "sub": "ann", "exp": 1767225600,
        "deltawire": { "subscribe": ["thread-*"], "produce": ["thread-42"], "command": ["thread-42"] } }

    Examples
      deltawire serve --data ./data
          for this machine alone, and what was written is there after a restart
      DELTAWIRE_TOKEN=$(openssl rand -hex 24) deltawire serve --host 0.0.0.0 --data /var/lib/deltawire
          for everybody who has the token
      deltawire serve --host 0.0.0.0 --redis redis://redis:6379 --postgres-file /run/secrets/postgres \\
          --jwks https://id.example.com/jwks.json --jwt-audience wire --origins https://app.example.com
          one of any number of servers, for the users of an application

    Its address is printed on standard output, in one line, once clients can come in. The exit code is 0
    after a signal, 1 if it could not start, could not go on or did not stop in time, and 2 if an option
    cannot be used.
    "
  `);
});
