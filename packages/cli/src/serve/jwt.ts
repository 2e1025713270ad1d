import type { Logger, Principal } from "@deltawire/server";
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions, KeyInput } from "jose";
import type { JwtSettings } from "./access-settings.js";
import { PUBLIC_KEY_ALGORITHMS } from "./public-key.js";
import { Rights } from "./rights.js";

/** Milliseconds that a set of keys has to come: less than the server waits for an answer here. */
const KEY_SET_TIMEOUT = 5000;

/** Of a secret. A key that is public must never be taken for one. */
const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"];

/** The claim that says what a token allows. */
const RIGHTS_CLAIM = "deltawire";

/** Who shows a token, and what it allows. */
export interface Holder {
  readonly principal: Principal;
  readonly rights: Rights;
}

/** Whose a token is; undefined for one that is not good. */
export type TokenCheck = (token: string) => Promise<Holder | undefined>;

/**
 * Checks JWTs (RFC 7519): the signature, `exp` and `nbf`, and issuer and audience where somebody
 * asks. `sub` is the principal, and the claim `deltawire` what it may do.
 *
 * @returns the check, which logs why a token is refused, and rejects where the keys cannot be had
 */
export async function jwtCheck(settings: JwtSettings, logger: Logger): Promise<TokenCheck> {
  const { jwtVerify } = await import("jose");
  const { issuer, audience } = settings;
  const { keyOf, algorithms } = await keySource(settings);
  const options: JWTVerifyOptions = {
    algorithms: [...algorithms],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyOf, options);
      return holderOf(payload, settings);
    } catch (error) {
      if (error instanceof KeySetError) throw error;
      logger.info({ reason: error instanceof Error ? error.message : error }, "token refused");
      return undefined;
    }
  };
}

/** The keys cannot be had: nobody can be let in, and that is no fault of who comes. */
class KeySetError extends Error {
  override readonly name = "KeySetError";
}

interface KeySource {
  readonly keyOf: (...token: Parameters<JWTVerifyGetKey>) => Promise<KeyInput>;
  readonly algorithms: readonly string[];
}

async function keySource({ key }: JwtSettings): Promise<KeySource> {
  switch (key.type) {
    case "secret":
      return { keyOf: async () => key.secret, algorithms: SECRET_ALGORITHMS };
    case "public":
      return { keyOf: async () => key.key, algorithms: key.algorithms };
    case "remote": {
      const { createRemoteJWKSet, errors } = await import("jose");
      const keys = createRemoteJWKSet(key.url, { timeoutDuration: KEY_SET_TIMEOUT });
      const keyOf: KeySource["keyOf"] = async (...token) => {
        try {
          return await keys(...token);
        } catch (error) {
          const isOfToken =
            error instanceof errors.JWKSNoMatchingKey ||
            error instanceof errors.JWKSMultipleMatchingKeys ||
            error instanceof errors.JOSENotSupported;
          if (isOfToken) throw error;
          const what = error instanceof Error ? error.message : error;
          throw new KeySetError(`no keys from ${key.url}: ${what}`, { cause: error });
        }
      };
      return { keyOf, algorithms: PUBLIC_KEY_ALGORITHMS };
    }
  }
}

/** @throws TypeError for claims that say nothing that could be used */
function holderOf(payload: JWTPayload, { rights = new Rights({}) }: JwtSettings): Holder {
  const { sub, exp } = payload;
  if (typeof sub !== "string" || sub === "") throw new TypeError("sub is missing: nobody's token");
  const claim = payload[RIGHTS_CLAIM];
  return {
    principal: { id: sub, ...(exp !== undefined && { expiresAt: exp * 1000 }) },
    rights: claim === undefined ? rights : Rights.read(claim),
  };
}
