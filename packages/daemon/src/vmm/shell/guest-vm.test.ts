import { resolve } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { ASYNCIFY_STACK_END, MAILBOX_STATE } from "@nomad/abi";
import { Random } from "@nomad/base";
import { type Image, loadImage } from "@nomad/guest";
import { buildImage, readProgram } from "@nomad/guest/builder";
import { beforeAll, describe, expect, test } from "vitest";
import { createGuest, memoryHash, restoreGuest } from "../testing/moves.ts";
import { GuestVm } from "./guest-vm.ts";

const probeSource = resolve(import.meta.dirname, "../../../../guest/testing/programs/probe.ts");
let probe: Image;
let mixed: Image;

beforeAll(async () => {
  probe = await buildImage({ name: "probe", ...readProgram(probeSource) });
  mixed = await loadImage("mixed");
}, 60_000);

/** Boots the probe at a place. */
async function bootProbe(place: string, more: Record<string, string> = {}) {
  const guest = await createGuest(probe);
  guest.vm.boot({ arguments: { place, ...more } });
  return guest;
}

/** The address of the probe's gate, which it logs. */
async function gateOf(guest: Awaited<ReturnType<typeof bootProbe>>): Promise<number> {
  await expect.poll(() => guest.backEnd.lines.length).toBe(1);
  return Number(guest.backEnd.lines[0]?.split(" ")[1]);
}

function openGate(memory: SharedArrayBuffer, address: number): void {
  const words = new Int32Array(memory);
  Atomics.store(words, address / 4, 1);
  Atomics.notify(words, address / 4);
}

describe("a guest that computes", () => {
  test("computes the same when it is throttled, and stops as ever", async () => {
    await using reference = await createGuest(mixed);
    const boot = { arguments: { seed: "7", rounds: "3" } };
    reference.vm.boot(boot);
    await reference.exited;
    await using guest = await createGuest(mixed);
    guest.vm.boot(boot);
    guest.vm.throttle(0.9);
    const state = await guest.vm.stop(2000);
    await using moved = await restoreGuest(mixed, guest.vm.memory, state);
    moved.vm.run();
    if (state.running) {
      moved.vm.throttle(0.5);
      await moved.exited;
    }
    expect(memoryHash(moved.vm.memory)).toBe(memoryHash(reference.vm.memory));
  });

  test("ends bit-identical when it is stopped, moved and restored at random times", async () => {
    const boot = { arguments: { seed: "7", rounds: "30" } };
    await using reference = await createGuest(mixed);
    reference.vm.boot(boot);
    const code = await reference.exited;
    const hash = memoryHash(reference.vm.memory);

    const random = new Random(7);
    let guest = await createGuest(mixed);
    guest.vm.boot(boot);
    let lines: string[] = [];
    let moves = 0;
    for (;;) {
      await Promise.race([after(random.between(0, 8)), guest.exited]);
      const state = await guest.vm.stop(2000);
      lines = guest.backEnd.lines;
      if (!state.running) break;
      const next = await restoreGuest(mixed, guest.vm.memory, state);
      await guest[Symbol.asyncDispose]();
      guest = next;
      guest.vm.run();
      moves++;
    }
    expect(moves).toBeGreaterThan(3);
    expect(await guest.vm.stop(1)).toMatchObject({ running: false });
    expect(lines).toEqual(reference.backEnd.lines);
    expect(memoryHash(guest.vm.memory)).toBe(hash);
    expect(code).toBeGreaterThanOrEqual(0);
    await guest[Symbol.asyncDispose]();
  });

  test("ends bit-identical when it is stopped and resumed at the same place", async () => {
    const boot = { arguments: { seed: "8", rounds: "30" } };
    await using reference = await createGuest(mixed);
    reference.vm.boot(boot);
    const code = await reference.exited;

    await using guest = await createGuest(mixed);
    guest.vm.boot(boot);
    let stops = 0;
    for (const random = new Random(8); ; stops++) {
      await Promise.race([after(random.between(0, 3)), guest.exited]);
      if (!(await guest.vm.stop(2000)).running) break;
      guest.vm.resume();
    }
    expect(stops).toBeGreaterThan(3);
    expect(await guest.exited).toBe(code);
    expect(memoryHash(guest.vm.memory)).toBe(memoryHash(reference.vm.memory));
  });
});

describe("a guest is stopped", () => {
  test("in a wait, and looks again at what it waited for", async () => {
    await using guest = await bootProbe("wait");
    const gate = await gateOf(guest);
    const state = await guest.vm.stop(1000);
    await using moved = await restoreGuest(probe, guest.vm.memory, state);
    moved.vm.run();
    await expect(moved.vm.stop(1000)).resolves.toMatchObject({ running: true });
    moved.vm.resume();
    openGate(moved.vm.memory, gate);
    expect(await moved.exited).toBe(0);
  });

  test("in a hypercall, which the next host answers under the same number", async () => {
    await using guest = await createGuest(probe);
    guest.backEnd.answering = false;
    guest.vm.boot({ arguments: { place: "spin" } });
    await guest.backEnd.unanswered.promise;
    const state = await guest.vm.stop(1000);
    await using moved = await restoreGuest(probe, guest.vm.memory, state);
    moved.vm.run();
    expect(await moved.exited).toBe(0);
    expect(moved.backEnd.sequences).toEqual([1]);
    expect(moved.backEnd.lines).toHaveLength(1);
  });

  test("in a hypercall, which is not made twice when the guest resumes at the same place", async () => {
    await using guest = await createGuest(probe);
    guest.backEnd.answering = false;
    guest.vm.boot({ arguments: { place: "spin" } });
    await guest.backEnd.unanswered.promise;
    await guest.vm.stop(1000);
    guest.backEnd.answering = true;
    guest.backEnd.look();
    guest.vm.resume();
    expect(await guest.exited).toBe(0);
    expect(guest.backEnd.lines).toHaveLength(1);
  });

  test("in a hot loop that calls nothing", async () => {
    await using guest = await bootProbe("spin", { iterations: "100000000000" });
    const state = await guest.vm.stop(1000);
    await using moved = await restoreGuest(probe, guest.vm.memory, state);
    moved.vm.run();
    await expect(moved.vm.stop(1000)).resolves.toMatchObject({ running: true });
  });

  test("in an inner loop that only reads memory", async () => {
    await using guest = await bootProbe("spin-on-memory");
    const gate = await gateOf(guest);
    await guest.vm.stop(1000);
    openGate(guest.vm.memory, gate);
    guest.vm.resume();
    expect(await guest.exited).toBe(0);
  });

  test("deep in a recursion", async () => {
    await using guest = await bootProbe("dive", { depth: "5000" });
    await after(2);
    const state = await guest.vm.stop(1000);
    await using moved = await restoreGuest(probe, guest.vm.memory, state);
    moved.vm.run();
    expect(await moved.exited).toBe(0);
    expect(moved.backEnd.lines).toEqual(["dived 5000"]);
  });

  test("before it has begun", async () => {
    await using guest = await bootProbe("exit", { code: "5" });
    const state = await guest.vm.stop(1000);
    guest.vm.resume();
    expect(await guest.exited).toBe(5);
    expect(state.globals.map(({ name, type }) => ({ name, type }))).toEqual(probe.manifest.globals);
  });
});

test("a guest that does not stop by the deadline goes on by itself", async () => {
  await using guest = await bootProbe("stubborn", { iterations: "150000000" });
  await expect.poll(() => guest.backEnd.lines).toEqual(["stubborn"]);
  await expect(guest.vm.stop(20)).rejects.toMatchObject({ code: "E_TIMEOUT" });
  expect(guest.vm.phase).toBe("running");
  expect(await guest.exited).toBe(0);
  expect(guest.backEnd.lines[1]).toMatch(/^done \d+$/);
});

test("the guest's clock never goes backwards over moves, and goes on from the carried value", async () => {
  let guest = await bootProbe("clock");
  for (let moves = 0; moves < 5; moves++) {
    await after(3);
    const state = await guest.vm.stop(1000);
    const next = await restoreGuest(probe, guest.vm.memory, { ...state, clockNs: state.clockNs + 10n ** 15n });
    await guest[Symbol.asyncDispose]();
    guest = next;
    guest.vm.run();
  }
  expect(await guest.exited).toBe(0);
  expect(Number(guest.backEnd.lines[0]?.split(" ")[1])).toBeGreaterThan(5e15);
  await guest[Symbol.asyncDispose]();
});

test("a wait ends after its time-out", async () => {
  await using guest = await bootProbe("sleep");
  expect(await guest.exited).toBe(0);
  expect(guest.backEnd.lines).toEqual(["slept true"]);
});

test("a request to shut down wakes a sleeping guest, and moves with it", async () => {
  await using guest = await bootProbe("shutdown");
  const state = await guest.vm.stop(1000);
  await using moved = await restoreGuest(probe, guest.vm.memory, { ...state, shutdown: true });
  moved.vm.run();
  expect(await moved.exited).toBe(0);
  guest.vm.resume();
  guest.vm.shutdown();
  expect(await guest.exited).toBe(0);
  expect(guest.backEnd.lines).toEqual(["asked to end"]);
});

describe("a guest ends", () => {
  test("with the exit code of its main, and stays ended after a stop", async () => {
    await using guest = await bootProbe("exit", { code: "42" });
    expect(await guest.exited).toBe(42);
    const state = await guest.vm.stop(1000);
    expect(state.running).toBe(false);
    await using moved = await restoreGuest(probe, guest.vm.memory, state);
    moved.vm.run();
    expect(moved.vm.phase).toBe("ended");
  });

  test.for([
    ["trap", /memory access out of bounds/],
    ["abort", /on purpose \(guest\/programs\/probe.ts:/],
  ] as const)("with E_GUEST_TRAP on a %s", async ([place, reason]) => {
    await using guest = await bootProbe(place);
    await expect(guest.exited).rejects.toMatchObject({ code: "E_GUEST_TRAP", message: expect.stringMatching(reason) });
    await expect(guest.vm.stop(1000)).rejects.toMatchObject({ code: "E_GUEST_TRAP" });
  });

  test("when it is destroyed, even in a hot loop", async () => {
    const guest = await bootProbe("spin", { iterations: "100000000000" });
    await guest[Symbol.asyncDispose]();
    expect(guest.vm.phase).toBe("destroyed");
  });
});

describe("what cannot run is refused", () => {
  test("a module that is not wasm", async () => {
    const image: Image = { manifest: probe.manifest, wasm: Uint8Array.of(1, 2, 3) };
    await expect(GuestVm.create({ name: "x", image })).rejects.toMatchObject({ code: "E_IMAGE" });
  });

  test("a module that is not a guest's", async () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    const image: Image = { manifest: probe.manifest, wasm: empty };
    await expect(GuestVm.create({ name: "x", image })).rejects.toMatchObject({
      code: "E_IMAGE",
      message: expect.stringContaining("does not export run"),
    });
  });

  test("a state that lacks a global of the image", async () => {
    await using guest = await bootProbe("wait");
    const state = await guest.vm.stop(1000);
    await using other = await createGuest(probe);
    const globals = state.globals.slice(1);
    await expect(other.vm.prepareRestore({ ...state, globals })).rejects.toMatchObject({ code: "E_MESSAGE" });
  });

  test("arguments with line breaks", async () => {
    await using guest = await createGuest(probe);
    expect(() => guest.vm.boot({ arguments: { a: "b\nc=d" } })).toThrowError(
      expect.objectContaining({ code: "E_USAGE" }),
    );
  });

  test("a second boot", async () => {
    await using guest = await bootProbe("wait");
    expect(() => guest.vm.boot({ arguments: {} })).toThrowError(expect.objectContaining({ code: "E_STATE" }));
  });
});

test("instantiating a guest writes nothing to its memory", async () => {
  await using guest = await createGuest(mixed);
  const written = new Uint8Array(guest.vm.memory).findIndex((byte) => byte !== 0);
  expect(written).toBe(-1);
  expect(MAILBOX_STATE).toBeLessThan(ASYNCIFY_STACK_END);
});
