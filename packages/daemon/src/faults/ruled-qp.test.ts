import type { Qpn, VLid, VQpn } from "@nomad/base";
import { expect, test } from "vitest";
import { isOf, type QueuePairs } from "./ruled-qp.ts";

const [alice, bob] = [0x1000 as VLid, 0x1001 as VLid];
const nobody = { vlid: null, vqpn: null, qpn: null };
/** Alice's queue pair 1 is 0x70 here, and is connected to bob's queue pair 2, which is 0x90 at his host. */
const pairs: QueuePairs = {
  owner: (qpn) => {
    const remote = { vlid: bob, vqpn: 2 as VQpn };
    return qpn === 0x70 ? { vlid: alice, vqpn: 1 as VQpn, name: "alice", remote } : undefined;
  },
  connectedTo: (qpn) => (qpn === 0x70 ? (0x90 as Qpn) : null),
};
const concerns = (rule: Partial<typeof nobody | { vlid: VLid; vqpn: VQpn; qpn: Qpn }>, destQpn = 0x70) =>
  isOf(pairs, destQpn as Qpn, { ...nobody, ...rule });

test("a rule for a guest is about what goes to it and what comes from it", () => {
  expect(concerns({ vlid: alice })).toBe(true);
  expect(concerns({ vlid: bob })).toBe(true);
  expect(concerns({ vlid: alice, vqpn: 1 as VQpn })).toBe(true);
  expect(concerns({ vlid: alice, vqpn: 2 as VQpn })).toBe(false);
  expect(concerns({ vlid: alice }, 0x71)).toBe(false);
});

test("a rule for a number in packets is about the queue pair that has it, and about its peer", () => {
  expect(concerns({ qpn: 0x70 as Qpn })).toBe(true);
  expect(concerns({ qpn: 0x90 as Qpn })).toBe(true);
  expect(concerns({ qpn: 0x71 as Qpn })).toBe(false);
});
