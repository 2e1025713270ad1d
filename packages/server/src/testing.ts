// What adapters of a log and of a store are tested with: `@deltawire/server/testing`.

export {};
