import type { MemoryWindow, WcStatus } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { bindWr, boundWindow, throughWindow, withTag } from "./kit/windows.ts";
import { fill, oneSided, outcomeOf } from "./kit/work.ts";

// A window of type 2 changes while a peer reads through it as fast as it can.

const READS = 120;
const WARM = 20;

interface Scene {
  readonly reader: End;
  readonly owner: End;
  readonly mw: MemoryWindow;
}

async function sceneOf(lab: Lab): Promise<Scene> {
  const { a: reader, b: owner } = makePair(lab, {}, { maxRdAtomic: 4, maxDestRdAtomic: 4 });
  fill(owner.buffer.bytes, 9);
  return { reader, owner, mw: await boundWindow(lab, owner, 2, { tag: 1 }) };
}

/** Reads many times; `meanwhile` happens when some reads are done and others under way. */
async function readThroughout(lab: Lab, { reader, owner, mw }: Scene, meanwhile: () => void): Promise<WcStatus[]> {
  const read = oneSided.read(reader.mr.sge(0, 256), throughWindow(owner, mw));
  for (let i = 0; i < READS; i++) reader.qp.postSend({ ...read, wrId: i });
  const wcs = await lab.completions(reader.sendCq, WARM);
  meanwhile();
  wcs.push(...(await lab.completions(reader.sendCq, READS - WARM)));
  expect(wcs.map((wc) => wc.wrId)).toEqual(wcs.map((_, i) => i));
  expect(reader.buffer.bytes.compare(owner.buffer.bytes, 0, 256, 0, 256)).toBe(0);
  return wcs.map((wc) => wc.status);
}

/** Some reads succeeded, then one was refused, and what stood behind it was flushed. */
function expectCutOff(statuses: readonly WcStatus[]): void {
  const { good, failures } = outcomeOf(statuses);
  expect(failures).toEqual(["WC_REM_ACCESS_ERR"]);
  expect(good).toBeGreaterThanOrEqual(WARM);
  expect(good).toBeLessThan(READS - 1);
}

test("MwType2AdvancedTest.OnlyReads: reads through a window that does not change all succeed", async ({ lab }) => {
  const scene = await sceneOf(lab);
  expect(outcomeOf(await readThroughout(lab, scene, () => {}))).toEqual({ good: READS, failures: [], flushed: 0 });
});

test("MwType2AdvancedTest.Rebind: reads under the old key end when the window is bound under a new one", async ({
  lab,
}) => {
  const scene = await sceneOf(lab);
  const { owner, mw } = scene;
  const statuses = await readThroughout(lab, scene, () => {
    owner.qp.postSend({ opcode: "WR_LOCAL_INV", invalidateRkey: mw.rkey });
    owner.qp.postSend(bindWr(owner, mw, { tag: 2 }));
  });
  expectCutOff(statuses);
  const done = await lab.completions(owner.sendCq, 2);
  expect(done.map((wc) => [wc.opcode, wc.status])).toEqual([
    ["WC_LOCAL_INV", "WC_SUCCESS"],
    ["WC_BIND_MW", "WC_SUCCESS"],
  ]);
  expect(mw.query()).toMatchObject({ rkey: withTag(mw.rkey, 2), length: owner.mr.length });
});

test("MwType2AdvancedTest.Invalidate: reads end when the window is invalidated", async ({ lab }) => {
  const scene = await sceneOf(lab);
  const { owner, mw } = scene;
  const statuses = await readThroughout(lab, scene, () => {
    owner.qp.postSend({ opcode: "WR_LOCAL_INV", invalidateRkey: mw.rkey });
  });
  expectCutOff(statuses);
  expect(await lab.completion(owner.sendCq)).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_LOCAL_INV" });
});

test("MwType2AdvancedTest.Dealloc: reads end when the window is deallocated", async ({ lab }) => {
  const scene = await sceneOf(lab);
  expectCutOff(await readThroughout(lab, scene, () => scene.mw.dealloc()));
});
