/**
 * The command was understood, and what it needs is not to be had: a port, Redis, PostgreSQL, a
 * folder. The message says what to do. The command ends with 1, and may be tried again.
 */
export class StartError extends Error {}
