/** An argument that cannot be used. The message says what to do. The command ends with 2. */
export class UsageError extends Error {}
