import { expect, test } from "vitest";
import { cells, nameOf } from "./cells.ts";
import { named, sample } from "./sample.ts";
import { faultOf } from "./verdict.ts";

const counts = { sent: 80, delivered: 80, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, bytes: 0 };
const report = (of: Partial<typeof counts> = {}, verified = true) => {
  const connections = [{ peer: "bob", status: "ok", ...counts, ...of }];
  return { guest: "alice", connections, atomics: { expected: 0, actual: 0 }, verified };
};
const cell = (transport: "rc" | "ud", moves: "one" | "both") =>
  ({ transport, operation: "send", size: 64, direction: "a>b", moves }) as const;

test("every cell has a name of its own", () => {
  expect(new Set(cells.map(nameOf)).size).toBe(cells.length);
});

test("a sample has as many cells as asked for, the same for the same seed, and some of each kind", () => {
  expect(sample(40, 3)).toHaveLength(40);
  expect(sample(40, 3)).toEqual(sample(40, 3));
  expect(sample(40, 3)).not.toEqual(sample(40, 4));
  const kinds = (of: readonly { transport: string; operation: string }[]) =>
    new Set(of.map(({ transport, operation }) => transport + operation)).size;
  expect(kinds(sample(40, 3))).toBe(kinds(cells));
});

test("cells are found by the beginning of their name", () => {
  expect(named("rc/cas/8/both").map((c) => c.moves)).toEqual(["one", "other", "both", "twice", "together"]);
});

test("a reliable connection loses nothing, a datagram only while a guest is moved", () => {
  expect(faultOf(cell("rc", "one"), [report()])).toBeNull();
  expect(faultOf(cell("rc", "one"), [report({ delivered: 79, lost: 1 })])).toMatch("1 messages were lost");
  expect(faultOf(cell("ud", "one"), [report({ delivered: 72, lost: 8 })])).toBeNull();
  expect(faultOf(cell("ud", "one"), [report({ delivered: 71, lost: 9 })])).toMatch("at most 8");
  expect(faultOf(cell("ud", "both"), [report({ delivered: 71, lost: 9 })])).toBeNull();
});

test("messages that nobody accounts for, and guests that are not content, are faults", () => {
  expect(faultOf(cell("rc", "one"), [report({ delivered: 79 })])).toMatch("80 sent");
  expect(faultOf(cell("rc", "one"), [report({}, false)])).toMatch("did not verify");
  expect(faultOf(cell("rc", "one"), [null])).toMatch("did not verify");
});
