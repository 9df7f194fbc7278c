import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { Random } from "@nomad/base";
import { loadImage } from "@nomad/guest";
import { expect, test } from "vitest";
import type { FromChild, ToChild } from "../testing/child.ts";
import { createGuest, memoryHash } from "../testing/moves.ts";

const fixture = new URL("../testing/child.ts", import.meta.url);

async function ask(child: ChildProcess, guest: ToChild): Promise<FromChild> {
  child.send(guest);
  const [answer] = (await once(child, "message")) as [FromChild];
  return answer;
}

test("a guest that goes to and fro between two processes ends bit-identical", async () => {
  const image = await loadImage("mixed");
  const boot = { arguments: { seed: "9", rounds: "40" } };
  await using reference = await createGuest(image);
  reference.vm.boot(boot);
  await reference.exited;

  const random = new Random(9);
  await using first = await createGuest(image);
  first.vm.boot(boot);
  await after(random.between(1, 10));
  const state = await first.vm.stop(2000);
  const children = [0, 1].map(() => fork(fixture, { serialization: "advanced", execArgv: [] }));
  try {
    let at: FromChild = { memory: new Uint8Array(first.vm.memory).slice(), state, hash: "", lines: [] };
    let moves = 0;
    for (; at.state.running; moves++) {
      const child = children[moves % 2];
      if (child === undefined) throw new RangeError("two children");
      at = await ask(child, { memory: at.memory, state: at.state, runMs: random.between(0, 20) });
    }
    expect(moves).toBeGreaterThan(2);
    expect(at.lines).toEqual(reference.backEnd.lines);
    expect(at.hash).toBe(memoryHash(reference.vm.memory));
  } finally {
    for (const child of children) child.kill();
  }
});
