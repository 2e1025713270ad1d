/** `up` is from client to server, `down` from server to client. */
export type Direction = "up" | "down";
