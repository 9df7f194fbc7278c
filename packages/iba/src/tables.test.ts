import * as abi from "@nomad/abi";
import { expect, test } from "vitest";
import * as aeth from "./aeth.ts";
import { mtuBytes, packetsOf } from "./mtu.ts";
import { partitionsMatch } from "./partition.ts";
import { transition, transitionFault } from "./qp-state.ts";
import { qpStateNames } from "./qp-transitions.ts";
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

/** Legal transitions written out independently (rows: from); only unreliable transports have SQE. */
const legal: Readonly<Record<string, readonly string[]>> = {
  RESET: ["RESET", "INIT"],
  INIT: ["RESET", "INIT", "RTR", "ERR"],
  RTR: ["RESET", "RTS", "ERR"],
  RTS: ["RESET", "RTS", "SQD", "ERR"],
  SQD: ["RESET", "RTS", "SQD", "ERR"],
  SQE: ["RESET", "RTS", "ERR"],
  ERR: ["RESET", "ERR"],
};

const types = [
  ["RC", abi.QPT_RC],
  ["UC", abi.QPT_UC],
  ["UD", abi.QPT_UD],
] as const;

test.each(types)("%s: of all pairs of states exactly the legal ones are transitions", (_, type) => {
  for (const [from, fromName] of qpStateNames.entries()) {
    const targets = qpStateNames.filter((_, to) => transition(type, from, to) !== null);
    const forbidden = type === abi.QPT_RC && fromName === "SQE";
    expect(targets, fromName).toEqual(forbidden ? [] : legal[fromName]);
  }
});

/** What ibv_modify_qp(3) requires on the way up. */
const required = {
  RC: [
    abi.QP_PKEY_INDEX | abi.QP_PORT | abi.QP_ACCESS_FLAGS,
    abi.QP_AV | abi.QP_PATH_MTU | abi.QP_DEST_QPN | abi.QP_RQ_PSN | abi.QP_MAX_DEST_RD_ATOMIC | abi.QP_MIN_RNR_TIMER,
    abi.QP_SQ_PSN | abi.QP_TIMEOUT | abi.QP_RETRY_CNT | abi.QP_RNR_RETRY | abi.QP_MAX_QP_RD_ATOMIC,
  ],
  UC: [
    abi.QP_PKEY_INDEX | abi.QP_PORT | abi.QP_ACCESS_FLAGS,
    abi.QP_AV | abi.QP_PATH_MTU | abi.QP_DEST_QPN | abi.QP_RQ_PSN,
    abi.QP_SQ_PSN,
  ],
  UD: [abi.QP_PKEY_INDEX | abi.QP_PORT | abi.QP_QKEY, 0, abi.QP_SQ_PSN],
};

test.each(types)("%s: the way up to RTS requires what the manual says", (name, type) => {
  expect([0, 1, 2].map((from) => transition(type, from, from + 1)?.required)).toEqual(required[name]);
});

test.each(types)(
  "%s: a transition is refused without one of its required attributes, and with one it does not take",
  (_, type) => {
    for (const from of qpStateNames.keys()) {
      for (const to of qpStateNames.keys()) {
        const row = transition(type, from, to);
        if (row === null) continue;
        expect(transitionFault(type, from, to, row.required | row.optional | abi.QP_STATE)).toBe(null);
        for (let bit = 1; bit < 1 << 21; bit <<= 1) {
          if (row.required & bit) expect(transitionFault(type, from, to, row.required & ~bit)).toMatch("needs");
          const known = row.required | row.optional | abi.QP_STATE;
          if ((known & bit) === 0) expect(transitionFault(type, from, to, row.required | bit)).toMatch("does not take");
        }
      }
    }
  },
);

test("an unknown state or type of queue pair has no transitions", () => {
  expect(transitionFault(abi.QPT_RC, 0, 9, 0)).toMatch("not a transition");
  expect(transition(77, 0, 0)).toBe(null);
});

test("partitions match by their lower bits, unless both are limited members or there is no partition", () => {
  const cases: readonly (readonly [number, number, boolean])[] = [
    [0xffff, 0xffff, true],
    [0xffff, 0x7fff, true],
    [0x7fff, 0x7fff, false],
    [0x8001, 0x0001, true],
    [0x8001, 0x8002, false],
    [0x8000, 0x8000, false],
  ];
  for (const [a, b, match] of cases) {
    expect([partitionsMatch(a, b), partitionsMatch(b, a)]).toEqual([match, match]);
  }
});
