import type { NomadError } from "@nomad/base";
import { expect, test } from "vitest";
import type { Answer, Request } from "./message.ts";
import { Requests } from "./requests.ts";

function setup() {
  const sent: { to: string; message: Request }[] = [];
  const results: (Answer | NomadError)[] = [];
  const requests = new Requests((to, message) => sent.push({ to, message }), 500);
  const ask = (timeoutMs: number) =>
    requests.ask(
      "host-b",
      { kind: "LOOKUP", key: "k" },
      {
        now: 0,
        timeoutMs,
        onAnswer: (answer) => results.push(answer),
        onFail: (error) => results.push(error),
      },
    );
  return { sent, results, requests, ask };
}

const found = (re: number): Answer => ({ kind: "FOUND", re, value: "v" });

test("a request is sent again until it is answered, always under the same number", () => {
  const { sent, results, requests, ask } = setup();
  ask(Number.POSITIVE_INFINITY);
  expect(requests.deadline()).toBe(500);
  requests.tick(500);
  requests.tick(999);
  requests.tick(1000);
  expect(sent.map(({ message }) => message.id)).toEqual([1, 1, 1]);
  requests.answered("host-b", found(1));
  requests.tick(5000);
  expect(sent).toHaveLength(3);
  expect(results).toEqual([found(1)]);
  expect(requests.deadline()).toBeNull();
});

test("an answer counts once, and from the one who was asked only", () => {
  const { results, requests, ask } = setup();
  ask(1000);
  requests.answered("host-c", found(1));
  expect(results).toEqual([]);
  requests.answered("host-b", found(1));
  requests.answered("host-b", found(1));
  expect(results).toHaveLength(1);
});

test("a request that is not answered in time fails with E_TIMEOUT", () => {
  const { results, requests, ask } = setup();
  ask(700);
  requests.tick(700);
  expect(results).toEqual([expect.objectContaining({ code: "E_TIMEOUT" })]);
});

test("a refusal is the error that the other side gave", () => {
  const { results, requests, ask } = setup();
  ask(700);
  requests.answered("host-b", { kind: "FAILED", re: 1, code: "E_DRAIN", message: "no" });
  expect(results).toEqual([expect.objectContaining({ code: "E_DRAIN", message: "no" })]);
});

test("a cancelled request is neither sent again nor answered", () => {
  const { sent, results, requests, ask } = setup();
  ask(700).cancel();
  requests.resend("host-b");
  requests.answered("host-b", found(1));
  requests.tick(10_000);
  expect(sent).toHaveLength(1);
  expect(results).toEqual([]);
});

test("requests to the dead fail, those to others go on", () => {
  const { results, requests, ask } = setup();
  ask(700);
  requests.fail("host-c", new Error("x") as NomadError);
  expect(results).toEqual([]);
  requests.fail("host-b", new Error("lost") as NomadError);
  expect(results).toEqual([expect.objectContaining({ message: "lost" })]);
});
