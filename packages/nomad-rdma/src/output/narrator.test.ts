import type { LabEvent } from "@nomad/protocol/http";
import { sampleGuest, sampleHost, sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { Narrator } from "./narrator.ts";
import { Progress } from "./progress.ts";
import { plain } from "./style.ts";

function told(events: readonly LabEvent[], withLines = false): string[] {
  const narrator = new Narrator(plain, withLines);
  return events.flatMap((event) => narrator.tell(event)?.text ?? []);
}

const moving = (phase: string): LabEvent => ({ type: "move", move: sampleMove({ phase, outcome: "" }) });

test("a move is told phase by phase, each once, and at its end with its figures", () => {
  const next = sampleMove({ id: "move-2", outcome: "aborted", error: { code: "E_DRAIN", message: "2 left" } });
  const events = [
    moving("precopy"),
    moving("precopy"),
    moving("stopped"),
    { type: "move", move: sampleMove() } as const,
  ];
  expect(told([...events, { type: "move", move: next }])).toEqual([
    "move 1: alice host-a -> host-b: precopy",
    "move 1: alice host-a -> host-b: stopped",
    "move 1: alice host-a -> host-b: released in 250 ms, paused 12.5 ms, 3 rounds",
    "move 2: alice host-a -> host-b: aborted (E_DRAIN 2 left) in 250 ms, paused 12.5 ms, 3 rounds",
  ]);
});

test("while a guest is copied, it is told how far that is and how long it will take", () => {
  const progress = { percent: 43.2, bytesPerSecond: 120 * 2 ** 20, etaMs: 400, throttlePercent: 0 };
  const move = sampleMove({ phase: "prepared", outcome: "", progress });
  const slowed = { ...move, progress: { ...progress, throttlePercent: 50 } };
  expect(told([move, slowed].map((each) => ({ type: "move", move: each })))).toEqual([
    "move 1: alice host-a -> host-b: prepared, 43 % at 120.0 MiB/s, 400 ms to go",
    "move 1: alice host-a -> host-b: prepared, 43 % at 120.0 MiB/s, 400 ms to go, slowed down by 50 %",
  ]);
});

test("a guest that comes back from a move is no news, one that is lost is", () => {
  const guest = (state: "running" | "moving" | "lost"): LabEvent => ({
    type: "guest",
    guest: sampleGuest("bob", { state }),
  });
  expect(told([guest("running"), guest("moving"), guest("running"), guest("lost")])).toEqual([
    "bob is running on host-a",
    "bob is lost on host-a",
  ]);
});

test("hosts are told of when their state changes", () => {
  const host = (state: "up" | "lost"): LabEvent => ({ type: "host", host: sampleHost("host-a", { state }) });
  expect(told([host("up"), host("up"), host("lost")])).toEqual(["host-a is up", "host-a is lost"]);
});

test("what guests print is told only when asked for, reports never", () => {
  const events: LabEvent[] = [
    { type: "log", time: 1, guest: "alice", host: "host-a", line: "hello" },
    { type: "report", guest: "alice", report: sampleReport("alice", "bob") },
  ];
  expect(told(events)).toEqual([]);
  expect(told(events, true)).toEqual(["alice | hello"]);
});

test("on a terminal what is passing is written over, elsewhere every line stays", () => {
  const write = (isTty: boolean): string => {
    const text: string[] = [];
    let now = 1000;
    const progress = new Progress({ isTty, now: () => now, write: (part) => text.push(part) });
    now += 1500;
    progress.passing("precopy");
    progress.note("released");
    progress.note("done");
    return text.join("");
  };
  expect(write(false)).toBe("[  1.5 s] precopy\n[  1.5 s] released\n[  1.5 s] done\n");
  expect(write(true)).toBe("\r\x1b[K[  1.5 s] precopy\r\x1b[K[  1.5 s] released\n[  1.5 s] done\n");
});
