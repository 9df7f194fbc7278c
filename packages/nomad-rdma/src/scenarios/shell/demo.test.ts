import { afterEach, beforeEach, expect, test } from "vitest";
import { LabClient } from "../../client/shell/lab-client.ts";
import { LabWatch } from "../../client/shell/lab-watch.ts";
import { FakeLab } from "../../testing/shell/fake-lab.ts";
import { demoPairs } from "../demo-pairs.ts";
import { runDemo } from "./demo.ts";

const secret = Buffer.from("a secret of sixteen and more");
let lab: FakeLab;

beforeEach(async () => {
  lab = await FakeLab.start(secret, ["host-a", "host-b"]);
});
afterEach(() => lab[Symbol.asyncDispose]());

/** Runs a demo of one pair until a note fits. */
async function demoUntil(pattern: RegExp, roundMs: number): Promise<string[]> {
  const client = new LabClient({ url: lab.central.url, secret });
  await using events = new LabWatch(client);
  const abort = new AbortController();
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    if (pattern.test(text)) abort.abort(new Error("seen"));
  };
  const run = runDemo({ client, events, pairs: demoPairs(1), rate: 1, roundMs, note, signal: abort.signal });
  await expect(run).rejects.toThrow("seen");
  return notes;
}

const started = () => lab.central.seen.filter(({ method, path }) => method === "POST" && path === "/v1/guests");

test("every pair is started and talks, and after a round what was sent is compared", async () => {
  expect(await demoUntil(/verified/, 50)).toEqual([
    "1 pair talks",
    "alice <-> bob: verified: 200 messages, nothing lost, doubled, reordered or changed",
  ]);
  expect(started().map(({ body }) => (body as { name: string }).name)).toEqual(["alice", "bob"]);
});

test("guests that an earlier demo left behind are replaced", async () => {
  await new LabClient({ url: lab.central.url, secret }).runGuest({ name: "alice", image: "pair" });
  await demoUntil(/talk/, 60_000);
  const asked = lab.central.seen
    .filter(({ method }) => method !== "GET")
    .map(({ method, path }) => `${method} ${path}`);
  expect(asked.slice(1)).toEqual(["DELETE /v1/guests/alice?force=true", "POST /v1/guests", "POST /v1/guests"]);
});
