import { Random, VirtualClock } from "@nomad/base";
import type { JournalEntry } from "@nomad/protocol";
import { expect, test } from "vitest";
import { Disk } from "./disk.ts";

const entry = (key: string): JournalEntry => ({ table: "guests", key, value: "{}" });
const keys = (disk: Disk) => disk.entries.map(({ key }) => key);

/** Two batches are committed, and the power fails in the middle of the first: what is there, and what was told. */
function tornWrite(seed: number): { readonly kept: string[]; readonly told: number } {
  const clock = new VirtualClock();
  const disk = new Disk(clock, new Random(seed));
  let told = 0;
  disk.tearNext(() => disk.crash());
  disk.commit([entry("alice"), entry("bob")], () => told++);
  disk.commit([entry("carol")], () => told++);
  while (clock.step());
  return { kept: keys(disk), told };
}

test("a torn write is there wholly or not at all, and nobody is told; what stood behind it is gone", () => {
  const outcomes = Array.from({ length: 20 }, (_, seed) => tornWrite(seed));
  expect(outcomes.every(({ told }) => told === 0)).toBe(true);
  expect(new Set(outcomes.map(({ kept }) => kept.join()))).toEqual(new Set(["", "alice,bob"]));
});

test("a tear that is taken back does not happen, though the write has begun", () => {
  const clock = new VirtualClock();
  const disk = new Disk(clock, new Random(1));
  const mend = disk.tearNext(() => expect.unreachable());
  disk.commit([entry("alice")], () => {});
  mend();
  while (clock.step());
  expect(keys(disk)).toEqual(["alice"]);
});
