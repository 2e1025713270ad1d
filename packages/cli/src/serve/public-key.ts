import { createPublicKey, type KeyObject } from "node:crypto";
import { UsageError } from "../usage-error.js";
import type { Given } from "./given.js";

/** A key, and the algorithms that a token may state with it (RFC 7518, RFC 8037, RFC 9864). */
export interface PublicKey {
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
}

/** A smaller RSA key is none (RFC 7518, 3.3). */
const LEAST_RSA_BITS = 2048;

const PSS = ["PS256", "PS384", "PS512"];
const RSA = ["RS256", "RS384", "RS512", ...PSS];
const CURVES: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ["ES256"],
  secp384r1: ["ES384"],
  secp521r1: ["ES512"],
};
const EDWARDS = ["EdDSA", "Ed25519"];

/** What may stand in a token that is signed with one of a set of keys. */
export const PUBLIC_KEY_ALGORITHMS: readonly string[] = [
  ...RSA,
  ...Object.values(CURVES).flat(),
  ...EDWARDS,
];

/** A public key or a certificate as PEM. @throws UsageError */
export function publicKeyOf({ value, from }: Given): PublicKey {
  if (value.includes("PRIVATE KEY")) {
    const how = "give its public half: openssl pkey -pubout";
    throw new UsageError(`${from}: a private key has no business here; ${how}`);
  }
  let key: KeyObject;
  try {
    key = createPublicKey(value);
  } catch {
    throw new UsageError(`${from}: give a public key as PEM: -----BEGIN PUBLIC KEY-----`);
  }
  const algorithms = algorithmsOf(key);
  if (algorithms) return { key, algorithms };
  const keys = `RSA of ${LEAST_RSA_BITS} bits or more, P-256, P-384, P-521 or Ed25519`;
  throw new UsageError(`${from}: a key of this kind cannot be used; give ${keys}`);
}

function algorithmsOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): readonly string[] | undefined {
  const { modulusLength = 0, namedCurve = "" } = asymmetricKeyDetails ?? {};
  switch (asymmetricKeyType) {
    case "rsa":
      return modulusLength < LEAST_RSA_BITS ? undefined : RSA;
    case "rsa-pss":
      return modulusLength < LEAST_RSA_BITS ? undefined : PSS;
    case "ec":
      return CURVES[namedCurve];
    case "ed25519":
      return EDWARDS;
    default:
      return undefined;
  }
}
