/** One server: an URL. Several that stand in for each other, or share: who they are. */
export type RedisPlace =
  | string
  | {
      readonly sentinels: readonly string[];
      readonly name: string;
      readonly username?: string;
      readonly password?: string;
      readonly db?: number;
    }
  | { readonly cluster: readonly string[] };

const PLACE =
  /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/\s]*)@)?([^@/\s]+)(?:\/([^/\s]*))?(?:\/(\d+))?$/;

/**
 * Where Redis is:
 *
 * - `redis://[USER:PASSWORD@]HOST:PORT[/DB]`, `rediss://` with TLS
 * - `redis+sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT/MASTER[/DB]`; user and password are those of
 *   the master, the hosts are the sentinels
 * - `redis+cluster://[USER:PASSWORD@]HOST:PORT,HOST:PORT`, `rediss+cluster://` with TLS
 *
 * @returns undefined where it is none of them
 */
export function redisPlace(url: string): RedisPlace | undefined {
  const [, scheme, kind, login, hosts = "", name, db] = PLACE.exec(url) ?? [];
  const list = hosts.split(",");
  const isHost = (host: string) => URL.canParse(`redis://${host}`) && host !== "";
  if (scheme === undefined || !list.every(isHost)) return undefined;
  switch (kind) {
    case undefined:
      return db === undefined && URL.canParse(url) && /^\d*$/.test(name ?? "") ? url : undefined;
    case "cluster": {
      if (name) return undefined; // a cluster has one database
      const start = `${scheme}://${login === undefined ? "" : `${login}@`}`;
      return { cluster: list.map((host) => `${start}${host}`) };
    }
    default:
      if (!name || scheme !== "redis") return undefined;
      return {
        sentinels: list,
        name: decodeURIComponent(name),
        ...loginOf(login),
        ...(db !== undefined && { db: Number(db) }),
      };
  }
}

function loginOf(login = ""): { readonly username?: string; readonly password?: string } {
  const [username = "", ...rest] = login.split(":");
  const password = rest.join(":");
  return {
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
  };
}
