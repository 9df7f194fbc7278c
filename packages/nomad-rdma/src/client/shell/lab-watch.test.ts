import type { ServerResponse } from "node:http";
import { hasEnded, type LabView } from "@nomad/protocol/http";
import { sampleGuest } from "@nomad/protocol/http/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeCentral, stream } from "../../testing/shell/fake-central.ts";
import { LabClient } from "./lab-client.ts";
import { LabWatch } from "./lab-watch.ts";

const secret = Buffer.from("a secret of sixteen and more");
const longMs = 30_000;
let central: FakeCentral;
let connected: Promise<ServerResponse>;

beforeEach(async () => {
  central = await FakeCentral.start(secret);
  connected = new Promise((resolve) => {
    central.handlers.set("GET /v1/events", (_seen, response) => {
      stream(response, [{ type: "guest", guest: sampleGuest("alice") }]);
      resolve(response);
    });
  });
});
afterEach(() => central[Symbol.asyncDispose]());

const watch = () => new LabWatch(new LabClient({ url: central.url, secret }));
const aliceRuns = (view: LabView) => view.guests.get("alice")?.state === "running";
const aliceEnded = (view: LabView) => [...view.guests.values()].some(hasEnded);

test("a state is reached when an event brings it", async () => {
  await using events = watch();
  await events.until("alice runs", aliceRuns, longMs);
  const ended = events.until("alice has ended", aliceEnded, longMs);
  (await connected).write(`${JSON.stringify({ type: "guest", guest: sampleGuest("alice", { state: "exited" }) })}\n`);
  await ended;
  expect(events.view.guests.get("alice")?.state).toBe("exited");
});

test("what does not come in time is named", async () => {
  await using events = watch();
  await events.until("alice runs", aliceRuns, longMs);
  await expect(events.until("alice has ended", aliceEnded, 20)).rejects.toThrow(
    "waited 20 ms in vain: alice has ended",
  );
});

test("who waits learns that central is gone, and so does who comes later", async () => {
  await using events = watch();
  const waiting = events.until("alice has ended", aliceEnded, longMs);
  (await connected).destroy();
  await expect(waiting).rejects.toThrow(expect.objectContaining({ code: "E_UNREACHABLE" }));
  await expect(events.until("alice has ended", aliceEnded, longMs)).rejects.toThrow(/ended|broke/);
});

test("who waits can be called off", async () => {
  await using events = watch();
  const abort = new AbortController();
  const waiting = events.until("alice has ended", aliceEnded, longMs, abort.signal);
  abort.abort(new Error("interrupted"));
  await expect(waiting).rejects.toThrow("interrupted");
});

test("a watch ends by itself when it is disposed of", async () => {
  const events = watch();
  await connected;
  await events[Symbol.asyncDispose]();
  await expect(events.until("alice has ended", aliceEnded, longMs)).rejects.toThrow("ended");
});
