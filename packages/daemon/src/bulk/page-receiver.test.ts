import { PAGE_BYTES } from "@nomad/abi";
import { beforeEach, expect, test } from "vitest";
import { type BulkFrame, moveKey } from "./bulk-frame.ts";
import { firstGuestPage } from "./page-hasher.ts";
import { PageReceiver } from "./page-receiver.ts";

const pages = firstGuestPage + 4;
let memory: Uint8Array;
let receiver: PageReceiver;

beforeEach(() => {
  memory = new Uint8Array(pages * PAGE_BYTES);
  receiver = new PageReceiver(memory);
});

function frame(fields: Partial<BulkFrame>): BulkFrame {
  const numbers = fields.pages ?? [];
  const data = Buffer.alloc(numbers.length * PAGE_BYTES);
  for (const [i, page] of numbers.entries()) data.fill(page, i * PAGE_BYTES, (i + 1) * PAGE_BYTES);
  const rest = {
    type: "pages",
    move: moveKey("m"),
    round: 0,
    sequence: 0,
    count: numbers.length,
    pages: numbers,
  } as const;
  return { ...rest, data, ...fields };
}

const roundEnd = (round: number, sequence: number, count: number) =>
  frame({ type: "round-end", round, sequence, count });

test("pages go where they belong, and the end of the round is answered", () => {
  expect(receiver.receive(frame({ pages: [18, 16] }))).toEqual({ answer: null });
  expect([16, 17, 18].map((page) => memory[page * PAGE_BYTES])).toEqual([16, 0, 18]);
  const answer = { type: "applied", move: moveKey("m"), round: 0, sequence: 0, count: 2 };
  expect(receiver.receive(roundEnd(0, 1, 2))).toEqual({ answer });
  expect(receiver.receive(frame({ pages: [19], round: 1, sequence: 2 }))).toEqual({ answer: null });
  expect(memory[19 * PAGE_BYTES]).toBe(19);
});

test.each<[string, Partial<BulkFrame>, RegExp]>([
  ["of a round to come", { round: 1, pages: [16] }, /of round 1 in round 0/],
  ["out of sequence", { sequence: 1, pages: [16] }, /frame 1, when 0 was due/],
  ["for the VMM's page", { pages: [firstGuestPage - 1] }, /page 15 is not the guest's/],
  ["for a page beyond memory", { pages: [16, pages] }, /page 20 is not the guest's/],
  ["that ends a round of another size", { type: "round-end", count: 3 }, /3 pages, of which 0 came/],
  ["that is an answer", { type: "applied" }, /an answer/],
])("a frame %s is refused and changes nothing", (_, fields, reason) => {
  expect(receiver.receive(frame(fields))).toEqual({ refusal: expect.stringMatching(reason) });
  expect(memory.every((byte) => byte === 0)).toBe(true);
  expect(receiver.receive(frame({ pages: [16] }))).toEqual({ answer: null });
});

test("a frame of a past round is refused", () => {
  receiver.receive(roundEnd(0, 0, 0));
  expect(receiver.receive(frame({ pages: [16], sequence: 1 }))).toEqual({
    refusal: expect.stringMatching(/of round 0 in round 1/),
  });
});

test("a frame that comes twice is refused", () => {
  receiver.receive(frame({ pages: [16] }));
  expect(receiver.receive(frame({ pages: [16] }))).toEqual({ refusal: expect.stringMatching(/frame 0, when 1/) });
});
