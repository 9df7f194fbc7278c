import * as abi from "@nomad/abi";
import { expect, test } from "vitest";
import * as aeth from "./aeth.ts";
import { mtuBytes, packetsOf } from "./mtu.ts";
import { qpStateNames, transition, transitionFault } from "./qp-state.ts";
import { ackTimeoutMs, rnrTimerMs } from "./timer.ts";

test("syndromes carry their kind and value", () => {
  expect(aeth.syndromeKind(aeth.SYNDROME_ACK)).toBe("ack");
  expect(aeth.syndromeKind(0x40)).toBe("reserved");
  expect(aeth.syndromeKind(0x9f)).toBe("reserved");
  for (let value = 0; value < 32; value++) {
    expect([aeth.syndromeKind(aeth.rnrSyndrome(value)), aeth.syndromeValue(aeth.rnrSyndrome(value))]).toEqual([
      "rnr-nak",
      value,
    ]);
    expect([aeth.syndromeKind(aeth.nakSyndrome(value)), aeth.syndromeValue(aeth.nakSyndrome(value))]).toEqual([
      "nak",
      value,
    ]);
  }
});

test("RNR timers have 32 codes, and only code 0 is out of order", () => {
  expect(rnrTimerMs).toHaveLength(32);
  expect([rnrTimerMs[0], rnrTimerMs[1], rnrTimerMs[12], rnrTimerMs[31]]).toEqual([655.36, 0.01, 0.64, 491.52]);
  const rest = rnrTimerMs.slice(1);
  expect(rest).toEqual(rest.toSorted((a, b) => a - b));
});

test("an ACK timeout doubles with each step, and 0 is never", () => {
  expect(ackTimeoutMs(0)).toBe(null);
  expect(ackTimeoutMs(14)).toBeCloseTo(67.1, 1);
  expect(ackTimeoutMs(15)).toBe(2 * (ackTimeoutMs(14) as number));
});

test("path MTUs go by enum ibv_mtu", () => {
  expect([0, 1, 2, 3, 4, 5, 6].map(mtuBytes)).toEqual([null, 256, 512, 1024, 2048, 4096, null]);
  expect([0, 1, 256, 257, 2 ** 31].map((bytes) => packetsOf(bytes, 256))).toEqual([1, 1, 1, 2, 2 ** 23]);
});

/** Legal transitions of an RC queue pair, written out independently (rows: from). */
const legal: Readonly<Record<string, readonly string[]>> = {
  RESET: ["RESET", "INIT"],
  INIT: ["RESET", "INIT", "RTR", "ERR"],
  RTR: ["RESET", "RTS", "ERR"],
  RTS: ["RESET", "RTS", "SQD", "ERR"],
  SQD: ["RESET", "RTS", "SQD", "ERR"],
  SQE: [],
  ERR: ["RESET", "ERR"],
};

test("of all pairs of states exactly the legal ones are transitions", () => {
  for (const [from, fromName] of qpStateNames.entries()) {
    const targets = qpStateNames.filter((_, to) => transition(abi.QPT_RC, from, to) !== null);
    expect(targets, fromName).toEqual(legal[fromName]);
  }
});

test("every transition is refused without any one of its required attributes, and with any that it does not take", () => {
  for (const from of qpStateNames.keys()) {
    for (const to of qpStateNames.keys()) {
      const row = transition(abi.QPT_RC, from, to);
      if (row === null) continue;
      expect(transitionFault(abi.QPT_RC, from, to, row.required | row.optional | abi.QP_STATE)).toBe(null);
      for (let bit = 1; bit < 1 << 21; bit <<= 1) {
        if (row.required & bit) expect(transitionFault(abi.QPT_RC, from, to, row.required & ~bit)).toMatch("needs");
        const known = row.required | row.optional | abi.QP_STATE;
        if ((known & bit) === 0)
          expect(transitionFault(abi.QPT_RC, from, to, row.required | bit)).toMatch("does not take");
      }
    }
  }
});

test("an unknown state or type of queue pair has no transitions", () => {
  expect(transitionFault(abi.QPT_RC, 0, 9, 0)).toMatch("not a transition");
  expect(transition(77, 0, 0)).toBe(null);
});
