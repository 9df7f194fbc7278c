import type { Clock, VLid } from "@nomad/base";
import { type Answer, Central, type Request, type Unnumbered } from "@nomad/protocol";
import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { merge } from "./merge.ts";
import { MoveTraffics } from "./move-traffics.ts";

const move = sampleMove({ guest: "alice", from: "host-a", to: "host-b", startedAt: 10_000, totalMs: 200 });

/** Alice's central; hosts answer by `hosts`, and what is due later is done when the test says so. */
function labOf(hosts: Readonly<Record<string, Unnumbered<Answer> | null>>) {
  const { directory } = new Central({ generation: 1, version: "test" });
  directory.add({
    ...{ name: "alice", vlid: 0x1000 as VLid, image: "", arguments: {}, host: "host-b", epoch: 2, state: "running" },
    ...{ imageHash: "", memoryBytes: 0, exitCode: null, error: null, report: null, log: [] },
  });
  const asked: Unnumbered<Request>[] = [];
  const later: (() => void)[] = [];
  const clock = { after: (_ms: number, action: () => void) => void later.push(action) } as unknown as Clock;
  const traffics = new MoveTraffics({
    directory,
    clock,
    ask: (to, message, { onAnswer, onFail }) => {
      asked.push(message);
      const answer = hosts[to];
      if (answer) onAnswer({ ...answer, re: 1 });
      else onFail();
    },
  });
  return { traffics, asked, runLater: () => later.splice(0).map((action) => action()) };
}

const seen = (fromMs: number, bytes: number[], roundTripMs: number[]) =>
  ({ kind: "TRAFFIC_SEEN", fromMs, binMs: 10, bytes, roundTripMs }) as const;

test("both places of a move are asked for the time around it, and what they say is one series", async () => {
  const hosts = { "host-a": seen(9_990, [1, 2, 3], [0, 5, 0]), "host-b": seen(10_012, [4, 5], [7, 0]) };
  const { traffics, asked } = labOf(hosts);
  expect(await traffics.of(move)).toEqual({
    ...{ binMs: 10, fromMs: -10 },
    ...{ bytes: [1, 2, 7, 5, 0], roundTripMs: [0, 5, 7, 0, 0] },
  });
  expect(asked).toEqual(new Array(2).fill({ kind: "TRAFFIC", vlid: 0x1000, fromMs: 9_500, untilMs: 10_700 }));
});

test("when a move has ended its traffic is kept, for hosts forget it", async () => {
  const hosts: Record<string, ReturnType<typeof seen> | null> = { "host-a": seen(10_000, [1], [0]), "host-b": null };
  const { traffics, runLater } = labOf(hosts);
  traffics.onEvent({ type: "move", move: { ...move, outcome: "" } });
  expect(runLater()).toEqual([]);
  traffics.onEvent({ type: "move", move });
  traffics.onEvent({ type: "move", move });
  expect(runLater()).toHaveLength(1);
  await expect.poll(() => traffics.of(move)).toMatchObject({ bytes: [1] });
  hosts["host-a"] = null;
  expect(await traffics.of(move)).toMatchObject({ bytes: [1] });
});

test("of a guest that nobody knows, and by hosts that do not tell, there is nothing", async () => {
  const nothing = { binMs: 10, fromMs: 0, bytes: [], roundTripMs: [] };
  expect(merge([], 5)).toEqual(nothing);
  const { traffics } = labOf({ "host-a": null, "host-b": null });
  expect(await traffics.of(move)).toEqual(nothing);
  expect(await traffics.of({ ...move, guest: "nobody" })).toEqual(nothing);
});
