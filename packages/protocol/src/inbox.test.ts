import { expect, test } from "vitest";
import { Inbox } from "./inbox.ts";
import type { Request } from "./message.ts";

const request = (id: number): Request => ({ kind: "LOOKUP", id, key: "k" });

test("a repeated request is not executed again, and gets the first one's answer", () => {
  const inbox = new Inbox();
  expect(inbox.receive("host-a#1", request(1))).toBe("new");
  expect(inbox.receive("host-a#1", request(1))).toBe("working");
  inbox.answered("host-a#1", { kind: "FOUND", re: 1, value: null });
  expect(inbox.receive("host-a#1", request(1))).toEqual({ kind: "FOUND", re: 1, value: null });
});

test("numbers of another sender, or of another run of the same one, are apart", () => {
  const inbox = new Inbox();
  inbox.receive("host-a#1", request(1));
  expect(inbox.receive("host-b#1", request(1))).toBe("new");
  expect(inbox.receive("host-a#2", request(1))).toBe("new");
});

test("only the newest answers are kept", () => {
  const inbox = new Inbox(2);
  for (const id of [1, 2, 3]) inbox.receive("host-a#1", request(id));
  expect(inbox.receive("host-a#1", request(3))).toBe("working");
  expect(inbox.receive("host-a#1", request(1))).toBe("new");
});
