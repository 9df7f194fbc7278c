// A host of its own for tests: restores guests that its parent sends, runs each for a while, and sends it back.
import { setTimeout as after } from "node:timers/promises";
import { assert } from "@nomad/base";
import { loadImage } from "@nomad/guest";
import type { GuestState } from "../guest-state.ts";
import { memoryHash, restoreGuest } from "./moves.ts";

export interface ToChild {
  readonly memory: Uint8Array;
  readonly state: GuestState;
  readonly runMs: number;
}

export interface FromChild {
  readonly memory: Uint8Array;
  readonly state: GuestState;
  readonly hash: string;
  readonly lines: readonly string[];
}

const image = await loadImage("mixed");
process.on("message", async ({ memory, state, runMs }: ToChild) => {
  await using guest = await restoreGuest(image, memory, state);
  guest.vm.run();
  await Promise.race([after(runMs), guest.exited]);
  const stopped = await guest.vm.stop(2000);
  assert(process.send !== undefined, "has a parent");
  const answer: FromChild = {
    memory: new Uint8Array(guest.vm.memory).slice(),
    state: stopped,
    hash: memoryHash(guest.vm.memory),
    lines: guest.backEnd.lines,
  };
  process.send(answer);
});
process.on("disconnect", () => process.exit(0));
