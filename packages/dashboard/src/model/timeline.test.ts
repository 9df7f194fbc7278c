import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { closingOf, wholeOf } from "./timeline.ts";

const peer = { host: "host-b", askedMs: 60, suspendedMs: 65, held: 3, cut: 0 };

test("phases stand one after the other and fill the bar", () => {
  const { ms, bars } = wholeOf(
    sampleMove({ phases: { planned: 10, precopy: 60, "peers-suspended": 20, running: 10 } }),
  );
  expect(ms).toBe(100);
  expect(bars.map(({ phase }) => phase)).toEqual(["planned", "precopy", "peers-suspended", "running"]);
  expect(bars.map(({ from, width }) => [from, width])).toEqual([
    [0, 0.1],
    [0.1, 0.6],
    [0.7, 0.2],
    [0.9, 0.1],
  ]);
  expect(bars.filter(({ paused }) => paused).map(({ phase }) => phase)).toEqual(["running"]);
});

test("the way to the next phase grows", () => {
  const move = sampleMove({ outcome: "", phase: "prepared", phases: { planned: 1, prepared: 10 } });
  expect(wholeOf(move, 30).bars.map(({ phase, ms }) => [phase, ms])).toEqual([
    ["planned", 1],
    ["prepared", 10],
    ["precopy", 30],
  ]);
});

test("what is orange is as long as the pause", () => {
  const phases = { precopy: 900, suspended: 7, "peers-suspended": 20, stopped: 4, bound: 3, COMMITTED: 2, running: 1 };
  const { bars } = wholeOf(sampleMove({ phases: { ...phases, "peers-resumed": 8 }, pausedMs: 10 }));
  expect(bars.filter(({ paused }) => paused).reduce((sum, { ms }) => sum + ms, 0)).toBe(10);
});

test("a move that has just been planned has no length", () => {
  const { bars } = wholeOf(sampleMove({ outcome: "", phase: "planned", phases: {} }));
  expect(bars).toMatchObject([{ phase: "prepared", from: 0, width: 0 }]);
});

test("what follows the copying has a scale of its own, once there is something of it", () => {
  const copying = sampleMove({ outcome: "", phase: "prepared", phases: { planned: 1, prepared: 1 } });
  expect(closingOf(copying, 900)).toBe(null);
  const copied = { ...copying, phase: "precopy", phases: { planned: 1, prepared: 1, precopy: 900 } };
  expect(closingOf(copied, 5)).toMatchObject({ ms: 5, bars: [{ phase: "suspended", from: 0, width: 1 }] });
  const aborted = sampleMove({
    outcome: "aborted",
    phase: "aborted",
    phases: { prepared: 1, aborting: 9, aborted: 1 },
  });
  expect(closingOf(aborted)).toBe(null);
});

test("a peer drains from when it was asked, and is held from when it had suspended until all go on", () => {
  const phases = { precopy: 50, suspended: 10, "peers-suspended": 20, running: 10, "peers-resumed": 5, released: 5 };
  const peers = [peer, { ...peer, host: "host-d", suspendedMs: 80 }];
  const move = sampleMove({ phases, peers });
  expect(wholeOf(move).peers).toEqual([
    { host: "host-b", from: 0.6, drainWidth: 0.05, heldWidth: 0.3, drainMs: 5, heldMs: 30, suspended: true },
    { host: "host-d", from: 0.6, drainWidth: 0.2, heldWidth: 0.15, drainMs: 20, heldMs: 15, suspended: true },
  ]);
  expect(closingOf(move)?.peers).toMatchObject([
    { from: 0.2, drainWidth: 0.1, heldWidth: 0.6 },
    { from: 0.2, drainWidth: 0.4, heldWidth: 0.3 },
  ]);
});

test("a peer that has not suspended yet drains until now", () => {
  const peers = [{ ...peer, suspendedMs: null }];
  const move = sampleMove({ outcome: "", phase: "suspended", phases: { precopy: 50, suspended: 10 }, peers });
  expect(wholeOf(move, 20).peers).toMatchObject([{ from: 0.75, drainWidth: 0.25, heldWidth: 0, suspended: false }]);
});

test("peers of a move that was undone were held until it was", () => {
  const phases = { suspended: 60, "peers-suspended": 10, aborting: 5, aborted: 15 };
  const move = sampleMove({ outcome: "aborted", phase: "aborted", phases, peers: [{ ...peer, suspendedMs: 70 }] });
  expect(wholeOf(move).peers).toMatchObject([{ drainMs: 10, heldMs: 20 }]);
});
