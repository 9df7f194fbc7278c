import { expect, test } from "vitest";
import { applyEvent, emptyView, hasEnded } from "./lab-view.ts";
import { sampleGuest, sampleHost, sampleMove, sampleReport } from "./testing/samples.ts";

test("a later event of the same thing replaces the earlier", () => {
  const view = emptyView();
  applyEvent(view, { type: "host", host: sampleHost("host-a") });
  applyEvent(view, { type: "host", host: sampleHost("host-a", { state: "lost" }) });
  applyEvent(view, { type: "move", move: sampleMove({ phase: "precopy", outcome: "" }) });
  applyEvent(view, { type: "move", move: sampleMove() });
  applyEvent(view, { type: "guest", guest: sampleGuest("alice", { host: "host-b" }) });
  applyEvent(view, { type: "report", guest: "alice", report: sampleReport("alice", "bob") });
  expect(view.hosts.get("host-a")?.state).toBe("lost");
  expect(view.moves.get("move-1")?.outcome).toBe("released");
  expect(view.guests.get("alice")?.host).toBe("host-b");
  expect(view.reports.get("alice")?.verified).toBe(true);
});

test("a guest that prints for ever does not fill our memory", () => {
  const view = emptyView();
  for (let i = 0; i < 1000; i++) {
    applyEvent(view, { type: "log", guest: "alice", host: "host-a", time: i, line: `line ${i}` });
  }
  const printed = view.lines.get("alice") ?? [];
  expect(printed).toHaveLength(200);
  expect(printed.at(-1)).toEqual({ guest: "alice", host: "host-a", time: 999, line: "line 999" });
});

test("a moving guest has not ended, a lost one has", () => {
  expect(hasEnded(sampleGuest("alice", { state: "moving" }))).toBe(false);
  expect(hasEnded(sampleGuest("alice", { state: "lost" }))).toBe(true);
});
