import type { Backend } from "@nomad/backend";
import { NomadError, timings, type VLid } from "@nomad/base";
import { expect, test } from "vitest";
import type { OnDivergence } from "../http/index.ts";
import { HostContext } from "./context.ts";
import { Precopy, progressOf } from "./precopy.ts";

/** Copies a guest that dirties so many pages in each round; what was asked of the host, and how it ended. */
function copy(onDivergence: OnDivergence, sizes: readonly number[], roundsMax = 30) {
  const host = new HostContext("host-a", {} as Backend, timings);
  const ofMove = { kind: "PRECOPY" as const, id: 1, move: "1-1", vlid: 1 as VLid, generation: 1, to: "host-b" };
  const how = {
    bulkUrl: "ws://bulk",
    roundsMax,
    budgetMs: 1000,
    bytesPerSecondMax: 1000,
    presetup: false,
    onDivergence,
  };
  const precopy = new Precopy(host, { ...ofMove, ...how, inject: null });
  const left = [...sizes];
  const asked: string[] = [];
  let end = "";
  const ends = (how: string) => {
    end = how;
  };
  precopy.run(
    (converged) => ends(converged ? "converged" : "given up"),
    (error) => ends(error.code),
  );
  const step = () => {
    for (const effect of host.effects.splice(0)) {
      if (effect.kind === "vmm" && effect.action.do === "throttle") asked.push(`throttle ${effect.action.share}`);
      if (effect.kind === "bulk") asked.push(effect.action.do);
      if (effect.kind !== "vmm" && effect.kind !== "bulk") continue;
      const isRound = effect.kind === "bulk" && effect.action.do === "round";
      const pages = isRound ? left.shift() : 0;
      if (pages === undefined) host.settle(effect.ticket, { error: new NomadError("E_INTERNAL", "no more rounds") });
      else host.settle(effect.ticket, { value: { pages, bytes: pages * 4096, digest: null } });
    }
    return end === "";
  };
  while (step()) {}
  return { end, asked, precopy, host };
}

test("copying goes on until little is left", () => {
  expect(copy("stop", [8192, 900, 30])).toMatchObject({ end: "converged", asked: ["open", "round", "round", "round"] });
});

test("a guest that writes as fast as it is copied is stopped, and the rest copied then", () => {
  expect(copy("stop", [8192, 4000, 3900])).toMatchObject({ end: "given up" });
});

test("a move that diverges is given up when it is asked to be", () => {
  expect(copy("abort", [8192, 4000, 3900])).toMatchObject({ end: "E_DIVERGED" });
});

test("a guest that diverges is slowed down, more each time, until copying converges", () => {
  const { end, asked } = copy("throttle", [8192, 4000, 3900, 3000, 2900, 1500, 20]);
  expect(asked.filter((what) => what !== "open" && what !== "round")).toEqual(["throttle 0.2", "throttle 0.5"]);
  expect(end).toBe("converged");
});

test("a guest that outruns copying however slow it is, is stopped in the end", () => {
  const { end, asked } = copy("throttle", new Array<number>(40).fill(4000));
  expect(asked.filter((what) => what.startsWith("throttle"))).toHaveLength(4);
  expect(end).toBe("given up");
});

test("rounds are bounded", () => {
  const halving = Array.from({ length: 10 }, (_, i) => 100_000 >> i);
  expect(copy("stop", halving, 4).asked.filter((what) => what === "round")).toHaveLength(4);
});

test("a guest that was slowed down runs at full speed again when its move is undone", () => {
  const { precopy, host } = copy("throttle", [8192, 4000, 3900, 3000, 20]);
  precopy.abandon();
  expect(host.effects).toContainEqual(expect.objectContaining({ action: { do: "throttle", share: 0 } }));
});

test("half of the memory has been sent in a second: the other half takes another", () => {
  const copied = { scannedPages: 4096, totalPages: 8192, bytes: 4096 * 4096, ms: 1000 };
  expect(progressOf(copied, 8192)).toEqual({ percent: 50, bytesPerSecond: 4096 * 4096, etaMs: 1000 });
});

test("a later round begins with what was dirty, as far as the round before tells", () => {
  const copied = { scannedPages: 0, totalPages: 1000, bytes: 0, ms: 1 };
  expect(progressOf(copied, 100)).toEqual({ percent: 90, bytesPerSecond: 0, etaMs: 0 });
});
