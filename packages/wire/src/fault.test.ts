import { Random } from "@nomad/base";
import { expect, test } from "vitest";
import { type FaultRule, FaultRules } from "./fault.ts";

const rule: FaultRule = {
  kind: "drop",
  on: "control",
  from: "host-a",
  to: null,
  message: "STOP",
  chance: 1,
  timesMax: 2,
  ms: 0,
};

test("a rule hits what it is about, and nothing else", () => {
  const rules = new FaultRules(new Random(1));
  rules.add(rule);
  expect(rules.judge("control", "host-a", "central", "STOP").kind).toBe("drop");
  expect(rules.judge("control", "host-b", "central", "STOP").kind).toBe("pass");
  expect(rules.judge("control", "host-a", "central", "BIND").kind).toBe("pass");
  expect(rules.judge("wire", "host-a", "host-b").kind).toBe("pass");
});

test("a rule hits as often as it may, and no more once it is taken back", () => {
  const hits: string[] = [];
  const rules = new FaultRules(new Random(1), ({ kind }) => hits.push(kind));
  const remove = rules.add(rule);
  const judge = () => rules.judge("control", "host-a", "host-b", "STOP").kind;
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
    return Array.from({ length: 50 }, () => rules.judge("control", "host-a", "x", "STOP").kind).join();
  };
  expect(throws(7)).toBe(throws(7));
  expect(throws(7)).not.toBe(throws(8));
});
