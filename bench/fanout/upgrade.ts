/** A client's request for a WebSocket (RFC 6455, 4.1). */
export function upgradeRequest(port: number, path: string, subprotocol?: string): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}

/** A client's message of at most 125 bytes, masked by zeros (RFC 6455, 5.3). */
export function clientMessage(payload: string | Uint8Array): Buffer {
  const body = Buffer.from(payload);
  if (body.length > 125) throw new RangeError("a greeting is short");
  const opcode = typeof payload === "string" ? 1 : 2;
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | body.length, 0, 0, 0, 0]), body]);
}
