import { expect, test } from "vitest";
import { Transports } from "./transports.js";

test("HTTP comes after two WebSockets that could not be opened, and each second time one is tried", () => {
  const transports = new Transports();
  const made = Array.from({ length: 6 }, () => transports.next());
  expect(made).toEqual(["websocket", "websocket", "http", "websocket", "http", "websocket"]);
});

test("where a WebSocket was open once there is no HTTP", () => {
  const transports = new Transports();
  transports.next();
  transports.next();
  transports.opened();
  for (let i = 0; i < 5; i++) expect(transports.next()).toBe("websocket");
});

test("a WebSocket that works after HTTP is kept", () => {
  const transports = new Transports();
  for (let i = 0; i < 3; i++) transports.next();
  transports.opened(); // that was HTTP
  expect(transports.next()).toBe("websocket");
  transports.opened();
  expect([transports.next(), transports.next()]).toEqual(["websocket", "websocket"]);
});

test.each(["http", "websocket"] as const)("%s alone, where that is asked for", (choice) => {
  const transports = new Transports(choice);
  for (let i = 0; i < 5; i++) expect(transports.next()).toBe(choice);
});
