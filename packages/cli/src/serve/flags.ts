/** One option of `deltawire serve`: a flag, and the variable that stands for it. */
export interface Flag {
  /** Without the dashes. */
  readonly name: FlagName;
  /** What its value is, as the help states it. */
  readonly value: string;
  /** What it means, and its unit. */
  readonly text: string;
  /** What holds without it, as the help states it. */
  readonly otherwise?: string;
}

/** Flags that belong together, under one heading of the help. */
export interface FlagGroup {
  readonly title: string;
  readonly flags: readonly Flag[];
}

export type FlagName =
  | "port"
  | "host"
  | "path"
  | "origins"
  | "admin-port"
  | "admin-host"
  | "data"
  | "redis"
  | "redis-file"
  | "postgres"
  | "postgres-file"
  | "retain-messages"
  | "retain-age"
  | "retain-bytes"
  | "wait"
  | "token"
  | "token-file"
  | "jwt-secret"
  | "jwt-secret-file"
  | "jwt-public-key"
  | "jwks"
  | "jwt-issuer"
  | "jwt-audience"
  | "jwt-rights"
  | "max-connections"
  | "max-connections-per-principal"
  | "max-frames-per-second"
  | "max-bytes-per-second"
  | "producer-lease"
  | "producer-lost"
  | "drain"
  | "log-level";

const LISTENING: FlagGroup = {
  title: "Where it listens",
  flags: [
    { name: "port", value: "PORT", text: "0 for any free one", otherwise: "4680" },
    {
      name: "host",
      value: "HOST",
      text: "the address; one that others can reach needs a token or a JWT key, see below",
      otherwise: "127.0.0.1",
    },
    { name: "path", value: "PATH", text: "where clients come in", otherwise: "/wire" },
    {
      name: "origins",
      value: "LIST",
      text: "origins of pages that may connect beside those of the host itself, with commas between: https://app.example.com",
      otherwise: "none",
    },
    {
      name: "admin-port",
      value: "PORT",
      text: "where GET /health, /stats and /metrics are answered. Nobody is asked who he is there: keep it off the internet",
      otherwise: "nowhere",
    },
    { name: "admin-host", value: "HOST", text: "the address of that", otherwise: "127.0.0.1" },
  ],
};

const KEEPING: FlagGroup = {
  title: "Where it keeps what is written: in memory, unless told otherwise",
  flags: [
    { name: "data", value: "FOLDER", text: "in a folder, which this one server has for itself" },
    {
      name: "redis",
      value: "URL",
      text: "the log in Redis, which any number of servers share: redis://[USER:PASSWORD@]HOST:PORT[/DB], rediss:// with TLS; redis+sentinel://HOST:PORT,HOST:PORT/MASTER; redis+cluster://HOST:PORT,HOST:PORT",
    },
    { name: "redis-file", value: "FILE", text: "holds that URL" },
    {
      name: "postgres",
      value: "URL",
      text: "the history in PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    },
    { name: "postgres-file", value: "FILE", text: "holds that URL" },
    {
      name: "retain-messages",
      value: "COUNT",
      text: "messages of a channel that are kept; older ones that have ended go",
      otherwise: "all",
    },
    {
      name: "retain-age",
      value: "TIME",
      text: "how long a message is kept after it has ended",
      otherwise: "for ever",
    },
    {
      name: "retain-bytes",
      value: "SIZE",
      text: "bytes of a channel's messages that are kept; older ones that have ended go",
      otherwise: "all",
    },
    {
      name: "wait",
      value: "TIME",
      text: "how long Redis and PostgreSQL are waited for at the start",
      otherwise: "30s",
    },
  ],
};

const ENTERING: FlagGroup = {
  title: "Who may come in: this machine, unless told otherwise",
  flags: [
    {
      name: "token",
      value: "TOKEN",
      text: "whoever shows it may do everything; 16 characters at least. Other users of a machine see flags: give it by environment or file",
    },
    { name: "token-file", value: "FILE", text: "tokens, one a line: TOKEN, or NAME TOKEN" },
    {
      name: "jwt-secret",
      value: "SECRET",
      text: "takes JWTs that are signed with it (HS256, HS384, HS512); 32 bytes at least",
    },
    { name: "jwt-secret-file", value: "FILE", text: "holds that secret" },
    {
      name: "jwt-public-key",
      value: "FILE",
      text: "takes JWTs that are signed with the private half of this key (PEM; RSA, EC or Ed25519)",
    },
    {
      name: "jwks",
      value: "URL",
      text: "takes JWTs that are signed with one of the keys there, a JSON Web Key Set",
    },
    {
      name: "jwt-issuer",
      value: "ISSUER",
      text: "who must have issued them",
      otherwise: "anybody",
    },
    {
      name: "jwt-audience",
      value: "AUDIENCE",
      text: "whom they must be for",
      otherwise: "anybody",
    },
    {
      name: "jwt-rights",
      value: "JSON",
      text: "what they allow where they do not say so themselves",
      otherwise: "nothing",
    },
  ],
};

const LIMITING: FlagGroup = {
  title: "How much",
  flags: [
    {
      name: "max-connections",
      value: "COUNT",
      text: "connections and requests at a time",
      otherwise: "10000",
    },
    {
      name: "max-connections-per-principal",
      value: "COUNT",
      text: "those of one principal; everybody with the same token is one",
      otherwise: "1000",
    },
    {
      name: "max-frames-per-second",
      value: "COUNT",
      text: "frames that one principal sends",
      otherwise: "10000",
    },
    {
      name: "max-bytes-per-second",
      value: "SIZE",
      text: "bytes that one principal sends",
      otherwise: "64m",
    },
    {
      name: "producer-lease",
      value: "TIME",
      text: "after which a producer that is gone is taken for interrupted",
      otherwise: "15s",
    },
    {
      name: "producer-lost",
      value: "TIME",
      text: "after which it is taken for lost, and what it was writing for failed",
      otherwise: "10m",
    },
  ],
};

const RUNNING: FlagGroup = {
  title: "How it runs",
  flags: [
    {
      name: "drain",
      value: "TIME",
      text: "how long it may take to stop after SIGTERM or SIGINT; a second signal ends it at once",
      otherwise: "25s",
    },
    {
      name: "log-level",
      value: "LEVEL",
      text: "debug, info, warn, error or silent; one JSON object a line, on standard error",
      otherwise: "info",
    },
  ],
};

/** All options of `deltawire serve`, as its help groups them. */
export const SERVE_FLAGS: readonly FlagGroup[] = [LISTENING, KEEPING, ENTERING, LIMITING, RUNNING];

const MIGRATING: readonly FlagName[] = ["postgres", "postgres-file", "wait"];

/** All options of `deltawire migrate`: some of those of `serve`. */
export const MIGRATE_FLAGS: readonly FlagGroup[] = [
  {
    title: "Options",
    flags: KEEPING.flags.filter(({ name }) => MIGRATING.includes(name)),
  },
];

/** The variable that stands for a flag where it is not given. */
export function variableOf(name: string): string {
  return `DELTAWIRE_${name.toUpperCase().replaceAll("-", "_")}`;
}
