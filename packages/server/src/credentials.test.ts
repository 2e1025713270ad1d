import { LIMITS } from "@deltawire/spec";
import { expect, test } from "vitest";
import { credentialsOf } from "./credentials.js";

const entry = (token: string) => `deltawire.token.${Buffer.from(token).toString("base64url")}`;

test.each<[string, Record<string, string>, string | undefined]>([
  ["nothing", {}, undefined],
  ["a bearer header", { authorization: "Bearer abc.def-_~+/=" }, "abc.def-_~+/="],
  ["one in another case", { authorization: "bearer  abc " }, "abc"],
  ["another scheme", { authorization: "Basic YTpi" }, undefined],
  ["a bearer of nothing", { authorization: "Bearer " }, undefined],
  ["two words", { authorization: "Bearer a b" }, undefined],
  ["a subprotocol", { "sec-websocket-protocol": `deltawire.v1.json, ${entry("tök€n")}` }, "tök€n"],
  ["an empty one", { "sec-websocket-protocol": "deltawire.token." }, undefined],
  ["one that is not base64", { "sec-websocket-protocol": "deltawire.token.!!" }, undefined],
  ["one that is not UTF-8", { "sec-websocket-protocol": "deltawire.token._w" }, undefined],
  ["a cookie", { cookie: "a=b; deltawire_token=x=y; c=d" }, "x=y"],
  ["a cookie of nothing", { cookie: "deltawire_token=" }, undefined],
  ["a cookie of a longer name", { cookie: "xdeltawire_token=x" }, undefined],
  ["a header before the cookie", { authorization: "Bearer h", cookie: "deltawire_token=c" }, "h"],
  [
    "too long a one",
    { authorization: `Bearer ${"x".repeat(LIMITS.max_note_length + 1)}` },
    undefined,
  ],
  [
    "one just short enough",
    { authorization: `Bearer ${"x".repeat(LIMITS.max_note_length)}` },
    "x".repeat(LIMITS.max_note_length),
  ],
])("of %s", (_what, fields, token) => {
  const headers = new Headers(fields);
  expect(credentialsOf(headers, "192.0.2.1")).toEqual({
    headers,
    remoteAddress: "192.0.2.1",
    ...(token !== undefined && { token }),
  });
});

test("of nobody knows whom", () => {
  expect(credentialsOf(new Headers(), undefined)).not.toHaveProperty("remoteAddress");
});
