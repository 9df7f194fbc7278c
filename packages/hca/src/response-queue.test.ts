import type { Psn, RKey } from "@nomad/base";
import { SYNDROME_ACK } from "@nomad/iba";
import { expect, test } from "vitest";
import { ResponseQueue } from "./response-queue.ts";

const at = (psn: number) => psn as Psn;
const ack = (queue: ResponseQueue, psn: number) => queue.acknowledge(at(psn), 1, SYNDROME_ACK);
const read = (queue: ResponseQueue, psn: number, packets: number) => queue.read(at(psn), 1, 0, 1 as RKey, 1, packets);

function contents(queue: ResponseQueue): string[] {
  const all: string[] = [];
  for (let head = queue.head; head !== null; head = queue.head) {
    all.push(`${head.kind} ${head.psn}`);
    queue.shift();
  }
  return all;
}

test("neighbouring ACKs become one, those around a fetch stay apart", () => {
  const queue = new ResponseQueue(2);
  ack(queue, 1);
  ack(queue, 2);
  read(queue, 3, 4);
  ack(queue, 7);
  queue.atomic(at(8), 2, 5n);
  ack(queue, 9);
  ack(queue, 10);
  expect(contents(queue)).toEqual(["ack 2", "read 3", "ack 7", "atomic 8", "ack 10"]);
});

test("an ACK of a duplicate does not take the place of a NAK", () => {
  const queue = new ResponseQueue(1);
  queue.acknowledge(at(5), 1, 0x60);
  queue.acknowledgeAgain(at(4), 1, SYNDROME_ACK);
  expect(queue.head).toMatchObject({ psn: 5, syndrome: 0x60 });
});

test("it is full with as many fetches as it was made for, and has room again when one is sent", () => {
  const queue = new ResponseQueue(1);
  expect(queue.makeRoom()).toBe(true);
  read(queue, 1, 1);
  expect(queue.makeRoom()).toBe(false);
  queue.shift();
  expect(queue.makeRoom()).toBe(true);
  expect(new ResponseQueue(0).makeRoom()).toBe(false);
});

test("going back cancels what reaches to that PSN or beyond, across the wrap", () => {
  const queue = new ResponseQueue(3);
  read(queue, 0xfffffc, 2);
  read(queue, 0xfffffe, 4);
  ack(queue, 2);
  queue.atomic(at(3), 1, 0n);
  queue.cancelFrom(at(0));
  expect(contents(queue)).toEqual(["read 16777212"]);
  read(queue, 5, 1);
  read(queue, 6, 1);
  expect(queue.makeRoom()).toBe(true);
});

test("what answers a duplicate gives way to a new fetch, the oldest first, and to no other", () => {
  const queue = new ResponseQueue(3);
  queue.atomic(at(1), 1, 0n, true);
  read(queue, 2, 1);
  queue.read(at(3), 1, 0, 1 as RKey, 1, 1, true);
  expect([queue.makeRoom(), queue.makeRoom()]).toEqual([true, true]);
  read(queue, 4, 1);
  expect(queue.makeRoom()).toBe(true);
  read(queue, 5, 1);
  expect(queue.makeRoom()).toBe(false);
  expect(contents(queue)).toEqual(["read 2", "read 4", "read 5"]);
});

test("ACKs on both sides of what gives way become one, so that there is always room", () => {
  const queue = new ResponseQueue(1);
  for (let psn = 1; psn < 50; psn += 2) {
    ack(queue, psn);
    if (queue.makeRoom()) queue.read(at(psn + 1), 1, 0, 1 as RKey, 1, 1, true);
  }
  ack(queue, 51);
  expect(contents(queue)).toEqual(["ack 49", "read 50", "ack 51"]);
});

test("it grows while its oldest answers stand behind its newest in memory", () => {
  const queue = new ResponseQueue(3);
  read(queue, 1, 1);
  ack(queue, 2);
  queue.shift();
  read(queue, 3, 1);
  ack(queue, 4);
  read(queue, 5, 1);
  expect(contents(queue)).toEqual(["ack 2", "read 3", "ack 4", "read 5"]);
});
