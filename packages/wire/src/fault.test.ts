import { type Qpn, Random } from "@nomad/base";
import { RC_ACK, RC_SEND_ONLY } from "@nomad/iba";
import { expect, test } from "vitest";
import { everything, type FaultRule, FaultRules } from "./fault.ts";

const rule: FaultRule = {
  ...everything,
  kind: "drop",
  on: ["control"],
  from: "host-a",
  message: "STOP",
  timesMax: 2,
};

test("a rule hits what it is about, and nothing else", () => {
  const rules = new FaultRules(new Random(1));
  rules.add(rule);
  expect(rules.judge("control", "host-a", "central", { message: "STOP" }).kind).toBe("drop");
  expect(rules.judge("control", "host-b", "central", { message: "STOP" }).kind).toBe("pass");
  expect(rules.judge("control", "host-a", "central", { message: "BIND" }).kind).toBe("pass");
  expect(rules.judge("wire", "host-a", "host-b").kind).toBe("pass");
});

test("a rule may be about both directions between two", () => {
  const rules = new FaultRules(new Random(1));
  rules.add({ ...everything, kind: "cut", on: ["wire", "peer"], from: "host-a", to: "host-b", bothWays: true });
  expect(rules.judge("wire", "host-a", "host-b").kind).toBe("cut");
  expect(rules.judge("peer", "host-b", "host-a").kind).toBe("cut");
  expect(rules.judge("wire", "host-b", "host-c").kind).toBe("pass");
});

test("a rule may be about some opcodes, and about some queue pairs", () => {
  const rules = new FaultRules(new Random(1));
  const qp = { vlid: null, vqpn: null, qpn: 7 as Qpn };
  rules.add({ ...everything, kind: "drop", on: ["wire"], opcodes: [RC_ACK], qp });
  const judge = (opcode: number, qpn: number) =>
    rules.judge("wire", "host-a", "host-b", { opcode, isOf: (wanted) => wanted.qpn === qpn }).kind;
  expect([judge(RC_ACK, 7), judge(RC_SEND_ONLY, 7), judge(RC_ACK, 8)]).toEqual(["drop", "pass", "pass"]);
  expect(rules.judge("wire", "host-a", "host-b").kind).toBe("pass");
});

test("a rule hits as often as it may, and no more once it is taken back", () => {
  const hits: string[] = [];
  const rules = new FaultRules(new Random(1), ({ kind }) => hits.push(kind));
  const remove = rules.add(rule);
  const judge = () => rules.judge("control", "host-a", "host-b", { message: "STOP" }).kind;
  expect([judge(), judge(), judge()]).toEqual(["drop", "drop", "pass"]);
  remove();
  rules.add({ ...rule, kind: "delay", ms: 3 })();
  expect(judge()).toBe("pass");
  expect(hits).toEqual(["drop", "drop"]);
});

test("the same seed throws the same dice", () => {
  const throws = (seed: number) => {
    const rules = new FaultRules(new Random(seed));
    rules.add({ ...rule, chance: 0.5, timesMax: 1000 });
    return Array.from({ length: 50 }, () => rules.judge("control", "host-a", "x", { message: "STOP" }).kind).join();
  };
  expect(throws(7)).toBe(throws(7));
  expect(throws(7)).not.toBe(throws(8));
});
