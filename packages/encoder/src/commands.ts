// Commands alone, for who does not write.
export { CommandCalls, type CommandHost, type CommandOptions } from "./command-calls.js";
export { type Command, type CommandHandler, CommandHandlers } from "./command-handlers.js";
