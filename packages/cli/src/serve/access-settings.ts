import { UsageError } from "../usage-error.js";
import type { FlagName } from "./flags.js";
import type { Given, GivenOptions, ReadText } from "./given.js";
import { type PublicKey, publicKeyOf } from "./public-key.js";
import { Rights } from "./rights.js";
import { contentOf, secretOf } from "./secret.js";

/** A token that lets in whoever shows it. */
interface StaticToken {
  /** Whom it makes of them: limits count by it. */
  readonly name: string;
  readonly token: string;
}

/** What the signature of a JWT is checked with. */
type JwtKey =
  | { readonly type: "secret"; readonly secret: Uint8Array }
  | ({ readonly type: "public" } & PublicKey)
  | { readonly type: "remote"; readonly url: URL };

/** Which JWTs let somebody in. */
export interface JwtSettings {
  readonly key: JwtKey;
  readonly issuer?: string;
  readonly audience?: string;
  /** Of those that do not say what they allow. @default none */
  readonly rights?: Rights;
}

/** Who may come in; nobody is asked where both are absent. */
export interface AccessSettings {
  readonly tokens: readonly StaticToken[];
  readonly jwt?: JwtSettings;
}

/** A shorter token can be guessed. */
const LEAST_TOKEN = 16;

/** Bytes of a secret for HS256 at the least (RFC 7518, 3.2). */
const LEAST_SECRET = 32;

/** Whom a token makes of who shows it, where it has no name. */
const NAMELESS = "token";

/** @throws UsageError */
export function accessSettings(given: GivenOptions, read: ReadText): AccessSettings {
  const tokens = secretOf(given, "token", read);
  const jwt = jwtSettings(given, read);
  return { tokens: tokens ? tokensOf(tokens) : [], ...(jwt && { jwt }) };
}

function tokensOf({ value, from }: Given): StaticToken[] {
  const lines = value.split("\n").map((line) => line.trim());
  return lines.flatMap((line, i) => {
    if (line === "" || line.startsWith("#")) return [];
    const words = line.split(/\s+/);
    const token = words.pop() ?? "";
    if (words.length <= 1 && /^[!-~]+$/.test(token) && token.length >= LEAST_TOKEN) {
      return [{ name: words[0] ?? NAMELESS, token }];
    }
    const where = lines.length > 1 ? `${from}, line ${i + 1}` : from;
    const what = `TOKEN, or NAME TOKEN, of ${LEAST_TOKEN} or more ASCII characters`;
    throw new UsageError(`${where}: give ${what}: openssl rand -hex 24 makes one`);
  });
}

function jwtSettings(given: GivenOptions, read: ReadText): JwtSettings | undefined {
  const key = keyOf(given, read);
  const issuer = given.get("jwt-issuer");
  const audience = given.get("jwt-audience");
  const rights = given.get("jwt-rights");
  if (!key) {
    const idle = issuer ?? audience ?? rights;
    if (!idle) return undefined;
    const keys = "--jwt-secret-file, --jwt-public-key or --jwks";
    throw new UsageError(`${idle.from} is of no use without a key: add ${keys}`);
  }
  return {
    key,
    ...(issuer && { issuer: issuer.value }),
    ...(audience && { audience: audience.value }),
    ...(rights && { rights: rightsOf(rights) }),
  };
}

const KEYS: readonly FlagName[] = ["jwt-secret", "jwt-secret-file", "jwt-public-key", "jwks"];

function keyOf(given: GivenOptions, read: ReadText): JwtKey | undefined {
  const option = given.oneOf(KEYS);
  if (!option) return undefined;
  switch (option.name) {
    case "jwt-public-key":
      return { type: "public", ...publicKeyOf(contentOf(option, read)) };
    case "jwks":
      return { type: "remote", url: urlOf(option) };
    default: {
      const { value, from } = option.name === "jwt-secret" ? option : contentOf(option, read);
      const secret = new TextEncoder().encode(value);
      if (secret.length >= LEAST_SECRET) return { type: "secret", secret };
      const what = `give ${LEAST_SECRET} bytes or more: openssl rand -hex 32 makes them`;
      throw new UsageError(`${from}: ${what}`);
    }
  }
}

function urlOf({ value, from }: Given): URL {
  if (/^https?:/i.test(value) && URL.canParse(value)) return new URL(value);
  throw new UsageError(`${from} ${value}: give an URL: https://id.example.com/jwks.json`);
}

function rightsOf({ value, from }: Given): Rights {
  try {
    return Rights.read(JSON.parse(value));
  } catch (error) {
    const what = error instanceof TypeError ? error.message : "give JSON";
    throw new UsageError(`${from}: ${what}: {"subscribe": ["thread-*"]}`);
  }
}
