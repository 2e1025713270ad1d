import { expect, test } from "vitest";
import { TICKET_LIFETIME, Tickets } from "./tickets.js";

const ann = { id: "ann" };
const bob = { id: "bob" };

test("a ticket is good once, for whom it was issued", () => {
  const tickets = new Tickets();
  tickets.issue("a", ann, 0);
  tickets.issue("b", bob, 0);
  expect(tickets.redeem("b", 5)).toBe(bob);
  expect(tickets.redeem("b", 5)).toBeUndefined();
  expect(tickets.redeem("a", 5)).toBe(ann);
  expect(tickets.redeem("another", 5)).toBeUndefined();
  expect(tickets.size).toBe(0);
});

test.each([
  [TICKET_LIFETIME - 1, ann],
  [TICKET_LIFETIME, undefined],
])("after %i ms", (elapsed, expected) => {
  const tickets = new Tickets();
  tickets.issue("a", ann, 1000);
  expect(tickets.redeem("a", 1000 + elapsed)).toBe(expected);
});

test("those that have ended leave nothing behind", () => {
  const tickets = new Tickets();
  for (let i = 0; i < 60; i++) tickets.issue(`t${i}`, { id: `p${i}` }, i);
  tickets.issue("late", ann, TICKET_LIFETIME + 29);
  expect(tickets.size).toBe(31);
});

test("of one principal 64 are out: its oldest gives way, nobody else's", () => {
  const tickets = new Tickets();
  tickets.issue("bob's", bob, 0);
  for (let i = 0; i < 1000; i++) tickets.issue(`t${i}`, ann, 0);
  expect(tickets.size).toBe(65);
  expect(tickets.redeem("t935", 1)).toBeUndefined();
  expect(tickets.redeem("t936", 1)).toBe(ann);
  expect(tickets.redeem("bob's", 1)).toBe(bob);
});

test("in all 65,536 are out; one more is refused, until some have ended", () => {
  const tickets = new Tickets();
  for (let i = 0; i < 65_536; i++) tickets.issue(`t${i}`, { id: `p${i}` }, 0);
  expect(() => tickets.issue("more", ann, 1)).toThrow(
    expect.objectContaining({ code: "overloaded" }),
  );
  tickets.issue("more", ann, TICKET_LIFETIME);
  expect(tickets.size).toBe(1);
});
