/**
 * The bounds of version 1. Every receiver enforces them; past one there is an error
 * `limit_exceeded` that names it. PROTOCOL.md, "Limits".
 */
export const LIMITS = {
  /** Bytes of one frame (one WebSocket message). Larger content travels in several frames. */
  max_frame_bytes: 16_777_216,
  /** UTF-16 code units of a channel, message, part or producer id; at least 1. */
  max_id_length: 256,
  /** UTF-16 code units of a role, a kind, an error code or a client's name. */
  max_name_length: 256,
  /** UTF-16 code units of a token or of a human-readable message. */
  max_note_length: 16_384,
  /** UTF-16 code units of a JSON pointer (RFC 6901). */
  max_path_length: 4096,
  /** Containers (objects and arrays) around the innermost value of a JSON value. */
  max_depth: 64,
  /** Entries of any list in a frame. */
  max_list_length: 65_536,
  /** Parts of one message. */
  max_parts: 4096,
  /** Messages of one channel. */
  max_messages: 10_000,
  /** Size of one message's parts and attributes together, by the size rule of PROTOCOL.md. */
  max_message_size: 67_108_864,
  /** Size of one JSON value, a part's or attributes, by the same rule: it travels in one frame. */
  max_value_size: 2_097_152,
  /** Names that a codec context interns. */
  max_names: 64,
  /** UTF-8 bytes of all names that a codec context interns. */
  max_names_bytes: 2048,
  /** Size of a command's value, and of its result's, by the same rule. */
  max_command_size: 65_536,
  /** Size of a filter, by the same rule. */
  max_filter_size: 2048,
  /** Tests of a filter: of an id, a role, a kind, or an attribute. */
  max_filter_tests: 32,
  /** Filters around and including the innermost one. */
  max_filter_depth: 4,
  /** Different filters that one channel is followed by at a server. */
  max_filters: 64,
  /** Those of one principal among them. */
  max_filters_each: 8,
  /** Channels that one connection may select, in each direction. */
  max_channels: 1024,
  /** Malformed frames after which a connection is closed with `4400`. */
  max_malformed_frames: 16,
} as const;

/** The name of a bound. */
export type Limit = keyof typeof LIMITS;
