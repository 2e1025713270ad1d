// What examples need beside Deltawire, for a try. Who has these services says where they are.
export { type Database, findDatabase } from "./database.js";
export { findRedis, type Redis } from "./redis.js";
