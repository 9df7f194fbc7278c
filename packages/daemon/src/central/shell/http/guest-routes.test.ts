import type { VLid } from "@nomad/base";
import { Central } from "@nomad/protocol";
import type { LabEvent } from "@nomad/protocol/http";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { addGuestRoutes } from "./guest-routes.ts";
import type { ServedCentral } from "./served-central.ts";

/** The guest alice with one line of log, served; `tell` is what central tells of it. */
function labOfAlice() {
  const core = new Central({ generation: 1, version: "test" });
  const alice = {
    ...{ name: "alice", vlid: 0x1000 as VLid, image: "pair", arguments: {}, host: "host-a", epoch: 1 },
    ...{ imageHash: "", memoryBytes: 0, exitCode: null, error: null, report: null },
    log: [{ time: 1, guest: "alice", host: "host-a", line: "first" }],
  };
  const record = { ...alice, state: "running" as "running" | "exited" };
  core.directory.add(record);
  const watchers = new Set<(event: LabEvent) => void>();
  const central = {
    core,
    watch: (watcher: (event: LabEvent) => void) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
  const app = new Hono();
  addGuestRoutes(app, central as unknown as ServedCentral);
  const tell = (event: LabEvent) => {
    for (const watcher of watchers) watcher(event);
  };
  const { arguments: _, imageHash: __, report: ___, log: ____, ...shown } = alice;
  const end = () => {
    record.state = "exited";
    tell({ type: "guest", guest: { ...shown, state: "exited" } });
  };
  const say = (line: string) => tell({ type: "log", time: 2, guest: "alice", host: "host-a", line });
  return { app, say, end, watchers };
}

const linesOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { line: string }).line);

test("a followed log has what the guest goes on to print, and ends with the guest", async () => {
  const { app, say, end, watchers } = labOfAlice();
  const response = await app.request("/v1/guests/alice/logs?follow=true");
  const body = response.text();
  await expect.poll(() => watchers.size).toBe(1);
  say("second");
  end();
  expect(linesOf(await body)).toEqual(["first", "second"]);
  expect(watchers.size).toBe(0);
});

test("the log of a guest that has ended is not followed for ever", async () => {
  const { app, end } = labOfAlice();
  end();
  const response = await app.request("/v1/guests/alice/logs?follow=true");
  expect(linesOf(await response.text())).toEqual(["first"]);
});
