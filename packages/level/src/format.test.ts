import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LevelDatabase, type Migration, prepareFormat } from "./format.js";
import { FORMAT_KEY } from "./key.js";

let folder = "";
let database: LevelDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deltawire-level-"));
  database = new ClassicLevel(folder, { keyEncoding: "view", valueEncoding: "view" });
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const version = async (): Promise<string> => String(await database.get(FORMAT_KEY));

it("brings an older format forward, one version after the other", async () => {
  const ran: string[] = [];
  const migrations: Migration[] = ["1 to 2", "2 to 3", "3 to 4"].map((name) => async () => {
    ran.push(`${name} of ${await version()}`);
  });
  await prepareFormat(database, folder, migrations.slice(0, 1));
  expect(await version()).toBe("2"); // a new one begins where the package is
  await prepareFormat(database, folder, migrations);
  expect(ran).toEqual(["2 to 3 of 2", "3 to 4 of 3"]);
  expect(await version()).toBe("4");
  await prepareFormat(database, folder, migrations);
  expect(ran).toHaveLength(2);
});

it("does a migration again that failed", async () => {
  let runs = 0;
  const migration: Migration = async () => {
    runs += 1;
    if (runs === 1) throw new Error("the disk");
  };
  await prepareFormat(database, folder, []);
  await expect(prepareFormat(database, folder, [migration])).rejects.toThrow("the disk");
  expect(await version()).toBe("1");
  await prepareFormat(database, folder, [migration]);
  expect([runs, await version()]).toEqual([2, "2"]);
});
