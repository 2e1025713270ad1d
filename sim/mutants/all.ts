import { COMPRESSION_MUTANTS } from "./compression.js";
import { DECODER_MUTANTS } from "./decoder.js";
import { ENCODER_MUTANTS } from "./encoder.js";
import { LOG_MUTANTS } from "./log.js";
import type { Mutant } from "./mutant.js";
import { PROTOCOL_MUTANTS } from "./protocol.js";
import { SERVER_MUTANTS } from "./server.js";

/** Deliberate bugs, most of them of a kind that a system like this one has shipped. */
export const MUTANTS: readonly Mutant[] = [
  ...PROTOCOL_MUTANTS,
  ...ENCODER_MUTANTS,
  ...DECODER_MUTANTS,
  ...SERVER_MUTANTS,
  ...LOG_MUTANTS,
  ...COMPRESSION_MUTANTS,
];
