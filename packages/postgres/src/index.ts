export {
  type PostgresOptions,
  type PostgresStore,
  postgresStore,
} from "./postgres-store.js";
