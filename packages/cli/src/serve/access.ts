import { createHash } from "node:crypto";
import type { Authenticate, Authorize, Logger, Principal } from "@deltawire/server";
import type { AccessSettings } from "./access-settings.js";
import { type Holder, jwtCheck, type TokenCheck } from "./jwt.js";
import { ALL_RIGHTS, type Rights } from "./rights.js";

/** The two checks of a server. */
export interface AccessChecks {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
}

/** The checks that the settings ask for; undefined where nobody is to be asked who he is. */
export async function accessChecks(
  { tokens, jwt }: AccessSettings,
  logger: Logger,
): Promise<AccessChecks | undefined> {
  if (tokens.length === 0 && !jwt) return undefined;
  // By digest: how long a look-up takes says nothing about how much of a token was right.
  const known = new Map<string, Holder>(
    tokens.map(({ name, token }) => [
      digestOf(token),
      { principal: { id: name }, rights: ALL_RIGHTS },
    ]),
  );
  const checkJwt: TokenCheck = jwt ? await jwtCheck(jwt, logger) : async () => undefined;
  const rights = new WeakMap<Principal, Rights>();
  return {
    authenticate: async ({ token }) => {
      if (token === undefined) return undefined;
      const holder = known.get(digestOf(token)) ?? (await checkJwt(token));
      if (!holder) return undefined;
      rights.set(holder.principal, holder.rights);
      return holder.principal;
    },
    authorize: ({ principal, action, channel }) =>
      rights.get(principal)?.allow(action, channel) ?? false,
  };
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
