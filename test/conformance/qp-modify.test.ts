import type { QpAttributes, QueuePair } from "@nomad/verbs";
import { expect } from "vitest";
import { makeEnd } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { bringUp, stepsTo, type UpTo } from "./kit/states.ts";
import { test } from "./kit/test.ts";
import { refusal } from "./kit/work.ts";

/** A queue pair in a state, and the attributes of each step towards its peer. */
function makeAt(lab: Lab, state: UpTo): { qp: QueuePair; steps: ReturnType<typeof stepsTo> } {
  const [{ qp }, peer] = [makeEnd(lab.context(0)), makeEnd(lab.context(1)).qp];
  bringUp(qp, peer, state);
  return { qp, steps: stepsTo(peer) };
}

test("QpTest.Modify: a queue pair goes from RESET by INIT and RTR to RTS, and says what it was set to", ({ lab }) => {
  const { qp, steps } = makeAt(lab, "RESET");
  for (const step of ["INIT", "RTR", "RTS"] as const) {
    qp.modify(steps[step]);
    expect(qp.query()).toMatchObject(steps[step]);
  }
});

for (const [title, from, to] of [
  ["QpTest.ModifyInvalidResetToRtrTransition: no queue pair goes from RESET to RTR", "RESET", "RTR"],
  ["QpTest.ModifyInvalidInitToRtsTransition: no queue pair goes from INIT to RTS", "INIT", "RTS"],
  ["QpTest.ModifyInvalidRtsToRtrTransition: no queue pair goes from RTS to RTR", "RTS", "RTR"],
] as const) {
  test(title, ({ lab }) => {
    const { qp, steps } = makeAt(lab, from);
    expect(() => qp.modify(steps[to])).toThrowError(refusal("E_STATE"));
    expect(qp.query().state).toBe(from);
  });
}

for (const [title, from, to] of [
  [
    "QpTest.ModifyBadResetToInitStateTransition: INIT needs the rights of peers, and takes no attribute of datagrams",
    "RESET",
    "INIT",
  ],
  [
    "QpTest.ModifyBadInitToRtrStateTransition: RTR needs each of its attributes, and takes none of datagrams",
    "INIT",
    "RTR",
  ],
  [
    "QpTest.ModifyBadRtrToRtsStateTransition: RTS needs each of its attributes, and takes none of datagrams",
    "RTR",
    "RTS",
  ],
] as const) {
  test(title, ({ lab }) => {
    const { qp, steps } = makeAt(lab, from);
    const attributes = steps[to];
    for (const name of Object.keys(attributes) as (keyof QpAttributes)[]) {
      if (name === "state") continue;
      const { [name]: _, ...rest } = attributes;
      expect(() => qp.modify(rest), `without ${name}`).toThrowError(refusal("E_STATE"));
    }
    expect(() => qp.modify({ ...attributes, qkey: 1 })).toThrowError(refusal("E_STATE"));
    expect(qp.query().state).toBe(from);
    qp.modify(attributes);
    expect(qp.query().state).toBe(to);
  });
}

test("QpTest.UdModify: a queue pair for datagrams needs a Q_Key and its first PSN to get to RTS", ({ lab }) => {
  const { qp } = makeEnd(lab.context(0), { type: "UD" });
  expect(() => qp.modify({ state: "INIT" })).toThrowError(refusal("E_STATE"));
  qp.modify({ state: "INIT", qkey: 17 });
  qp.modify({ state: "RTR" });
  expect(() => qp.modify({ state: "RTS" })).toThrowError(refusal("E_STATE"));
  qp.modify({ state: "RTS", sqPsn: 1225 });
  expect(qp.query()).toMatchObject({ state: "RTS", qkey: 17, sqPsn: 1225 });
});
