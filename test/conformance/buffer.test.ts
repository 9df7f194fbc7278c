import type { MemoryRegion } from "@nomad/verbs";
import { expect } from "vitest";
import { allAccess, type End, makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { bindWindow, boundWindow, windowTypes } from "./kit/windows.ts";
import { fill, oneSided, statusOf } from "./kit/work.ts";

// Where regions and windows end, and messages of no bytes (IBA 9.7.4.1.5, 10.6.3).

const PAGE = 4096;

interface Scene {
  readonly a: End;
  readonly b: End;
  /** The pages but the first and the last of b's buffer. */
  readonly region: MemoryRegion;
}

function sceneOf(lab: Lab): Scene {
  const { a, b } = makePair(lab, { bufferBytes: 6 * PAGE });
  fill(a.buffer.bytes, 1);
  fill(b.buffer.bytes, 2);
  const region = b.pd.regMr({ address: b.buffer.address + PAGE, length: 4 * PAGE }, allAccess);
  return { a, b, region };
}

/** An operation of `length` bytes at `offset` of the region, by its key or another; says how it ends. */
function operate(
  lab: Lab,
  { a, region }: Scene,
  operation: "read" | "write",
  offset: number,
  length: number,
  rkey = region.rkey,
) {
  return statusOf(lab, a, oneSided[operation](a.mr.sge(0, length), { remoteAddress: region.address + offset, rkey }));
}

const emptyRegion = ({ b }: Scene) => b.pd.regMr({ address: b.buffer.address + PAGE, length: 0 }, allAccess);

test("BufferTest.RegisterZeroByteMr: a region of no bytes is registered, with keys of its own", ({ lab }) => {
  const scene = sceneOf(lab);
  const empty = emptyRegion(scene);
  expect(empty.length).toBe(0);
  expect(new Set([empty.lkey, empty.rkey, scene.region.lkey, scene.region.rkey]).size).toBe(4);
  empty.dereg();
});

/** A SEND of one empty element to another; both complete, and no byte is received. */
async function expectEmptySend(lab: Lab, { a, b }: Scene, source: MemoryRegion, address: number, target: MemoryRegion) {
  b.qp.postRecv({ wrId: 8, sgList: [{ address: target.address, length: 0, lkey: target.lkey }] });
  const sgList = [{ address, length: 0, lkey: source.lkey }];
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList })).toBe("WC_SUCCESS");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 8, status: "WC_SUCCESS", byteLen: 0 });
}

test("BufferMrTest.SendZeroByte: a message of no bytes is sent and received", async ({ lab }) => {
  const scene = sceneOf(lab);
  await expectEmptySend(lab, scene, scene.a.mr, scene.a.mr.address, scene.region);
});

test("BufferMrTest.SendZeroByteFromZeroByteMr: a region of no bytes can be sent from and received into", async ({
  lab,
}) => {
  const scene = sceneOf(lab);
  const source = scene.a.pd.regMr({ address: scene.a.buffer.address, length: 0 }, allAccess);
  await expectEmptySend(lab, scene, source, source.address, emptyRegion(scene));
});

test("BufferMrTest.SendZeroByteOutsideMr: an element of no bytes may lie outside of its region", async ({ lab }) => {
  const scene = sceneOf(lab);
  const { a } = scene;
  const part = a.pd.regMr({ address: a.buffer.address + PAGE, length: PAGE }, allAccess);
  await expectEmptySend(lab, scene, part, a.buffer.address, scene.region);
});

test("BufferMrTest.ReadExceedFront: a READ from one byte before the region is refused", async ({ lab }) => {
  const scene = sceneOf(lab);
  expect(await operate(lab, scene, "read", 0, PAGE)).toBe("WC_SUCCESS");
  expect(await operate(lab, scene, "read", -1, PAGE)).toBe("WC_REM_ACCESS_ERR");
});

test("BufferMrTest.ReadExceedRear: a READ to one byte behind the region is refused", async ({ lab }) => {
  const scene = sceneOf(lab);
  expect(await operate(lab, scene, "read", 3 * PAGE, PAGE)).toBe("WC_SUCCESS");
  expect(await operate(lab, scene, "read", 3 * PAGE + 1, PAGE)).toBe("WC_REM_ACCESS_ERR");
});

test("BufferMrTest.ReadZeroByte: a READ of no bytes completes", async ({ lab }) => {
  expect(await operate(lab, sceneOf(lab), "read", 0, 0)).toBe("WC_SUCCESS");
});

test("BufferMrTest.ReadZeroByteOutsideMr: a READ of no bytes may name an address outside of the region", async ({
  lab,
}) => {
  expect(await operate(lab, sceneOf(lab), "read", -PAGE, 0)).toBe("WC_SUCCESS");
});

test("BufferMrTest.ReadZeroByteFromZeroByteMr: no bytes are read from a region of no bytes, and not one", async ({
  lab,
}) => {
  const scene = sceneOf(lab);
  const { rkey } = emptyRegion(scene);
  expect(await operate(lab, scene, "read", 0, 0, rkey)).toBe("WC_SUCCESS");
  expect(await operate(lab, scene, "read", 0, 1, rkey)).toBe("WC_REM_ACCESS_ERR");
});

test("BufferMrTest.ReadZeroByteOutsideZeroByteMr: nor need they lie in it", async ({ lab }) => {
  const scene = sceneOf(lab);
  expect(await operate(lab, scene, "read", -PAGE, 0, emptyRegion(scene).rkey)).toBe("WC_SUCCESS");
});

test("BufferMrTest.ReadZeroByteInvalidRKey: the key of a READ of no bytes is not looked at", async ({ lab }) => {
  const scene = sceneOf(lab);
  expect(await operate(lab, scene, "read", 0, 0, (scene.region.rkey + 0x1000) >>> 0)).toBe("WC_SUCCESS");
});

/** A WRITE that is refused changes nothing. */
async function expectWriteRefused(lab: Lab, scene: Scene, offset: number, rkey?: number): Promise<void> {
  const before = Buffer.from(scene.b.buffer.bytes);
  expect(await operate(lab, scene, "write", offset, PAGE, rkey)).toBe("WC_REM_ACCESS_ERR");
  expect(scene.b.buffer.bytes.equals(before)).toBe(true);
}

test("BufferMrTest.WriteExceedFront: a WRITE from one byte before the region is refused", async ({ lab }) => {
  const scene = sceneOf(lab);
  expect(await operate(lab, scene, "write", 0, PAGE)).toBe("WC_SUCCESS");
  await expectWriteRefused(lab, scene, -1);
});

test("BufferMrTest.WriteExceedRear: a WRITE to one byte behind the region is refused", async ({ lab }) => {
  const scene = sceneOf(lab);
  expect(await operate(lab, scene, "write", 3 * PAGE, PAGE)).toBe("WC_SUCCESS");
  await expectWriteRefused(lab, scene, 3 * PAGE + 1);
});

/** A WRITE of no bytes completes, and changes nothing. */
async function expectEmptyWrite(lab: Lab, scene: Scene, offset: number, rkey?: number): Promise<void> {
  const before = Buffer.from(scene.b.buffer.bytes);
  expect(await operate(lab, scene, "write", offset, 0, rkey)).toBe("WC_SUCCESS");
  expect(scene.b.buffer.bytes.equals(before)).toBe(true);
}

test("BufferMrTest.WriteZeroByte: a WRITE of no bytes completes", async ({ lab }) => {
  await expectEmptyWrite(lab, sceneOf(lab), 0);
});

test("BufferMrTest.WriteZeroByteOutsideMr: a WRITE of no bytes may name an address outside of the region", async ({
  lab,
}) => {
  await expectEmptyWrite(lab, sceneOf(lab), -PAGE);
});

test("BufferMrTest.WriteZeroByteToZeroByteMr: no bytes are written to a region of no bytes, and not one", async ({
  lab,
}) => {
  const scene = sceneOf(lab);
  const { rkey } = emptyRegion(scene);
  await expectEmptyWrite(lab, scene, 0, rkey);
  await expectWriteRefused(lab, scene, 0, rkey);
});

test("BufferMrTest.WriteZeroByteOutsideZeroByteMr: nor need they lie in it", async ({ lab }) => {
  const scene = sceneOf(lab);
  await expectEmptyWrite(lab, scene, -PAGE, emptyRegion(scene).rkey);
});

test("BufferMrTest.WriteZeroByteInvalidRKey: the key of a WRITE of no bytes is not looked at", async ({ lab }) => {
  const scene = sceneOf(lab);
  await expectEmptyWrite(lab, scene, 0, (scene.region.rkey + 0x1000) >>> 0);
});

/** A window over the middle two pages of the region, of each type in turn. */
async function forEachWindow(lab: Lab, check: (scene: Scene, rkey: number) => Promise<void>): Promise<void> {
  for (const type of windowTypes) {
    const scene = sceneOf(lab);
    const range = { mr: scene.region, offset: PAGE, length: 2 * PAGE };
    await check(scene, (await boundWindow(lab, scene.b, type, range)).rkey);
  }
}

test("BufferMwTest.BindExceedFront: a window is not bound to what begins one byte before its region", async ({
  lab,
}) => {
  for (const type of windowTypes) {
    const { b, region } = sceneOf(lab);
    const range = { mr: region, offset: -1, length: PAGE };
    expect(await bindWindow(lab, b, b.pd.allocMw(type), range), `type ${type}`).toBe("WC_MW_BIND_ERR");
  }
});

test("BufferMwTest.BindExceedRear: a window is not bound to what ends one byte behind its region", async ({ lab }) => {
  for (const type of windowTypes) {
    const { b, region } = sceneOf(lab);
    const range = { mr: region, offset: 0, length: 4 * PAGE + 1 };
    expect(await bindWindow(lab, b, b.pd.allocMw(type), range), `type ${type}`).toBe("WC_MW_BIND_ERR");
  }
});

test("BufferMwTest.ReadExceedFront: a READ from one byte before the window is refused, though its region has it", async ({
  lab,
}) => {
  await forEachWindow(lab, async (scene, rkey) => {
    expect(await operate(lab, scene, "read", PAGE, PAGE, rkey)).toBe("WC_SUCCESS");
    expect(await operate(lab, scene, "read", PAGE - 1, PAGE, rkey)).toBe("WC_REM_ACCESS_ERR");
  });
});

test("BufferMwTest.ReadExceedRear: a READ to one byte behind the window is refused, though its region has it", async ({
  lab,
}) => {
  await forEachWindow(lab, async (scene, rkey) => {
    expect(await operate(lab, scene, "read", 2 * PAGE, PAGE, rkey)).toBe("WC_SUCCESS");
    expect(await operate(lab, scene, "read", 2 * PAGE + 1, PAGE, rkey)).toBe("WC_REM_ACCESS_ERR");
  });
});

test("BufferMwTest.ReadZeroByte: a READ of no bytes through a window completes", async ({ lab }) => {
  await forEachWindow(lab, async (scene, rkey) => {
    expect(await operate(lab, scene, "read", PAGE, 0, rkey)).toBe("WC_SUCCESS");
  });
});

test("BufferMwTest.ReadZeroByteOutsideMw: a READ of no bytes may name an address outside of the window", async ({
  lab,
}) => {
  await forEachWindow(lab, async (scene, rkey) => {
    expect(await operate(lab, scene, "read", 0, 0, rkey)).toBe("WC_SUCCESS");
  });
});

test("BufferMwTest.WriteExceedFront: a WRITE from one byte before the window is refused, and changes nothing", async ({
  lab,
}) => {
  await forEachWindow(lab, (scene, rkey) => expectWriteRefused(lab, scene, PAGE - 1, rkey));
});

test("BufferMwTest.WriteExceedRear: a WRITE to one byte behind the window is refused, and changes nothing", async ({
  lab,
}) => {
  await forEachWindow(lab, (scene, rkey) => expectWriteRefused(lab, scene, 2 * PAGE + 1, rkey));
});

test("BufferMwTest.WriteZeroByte: a WRITE of no bytes through a window completes", async ({ lab }) => {
  await forEachWindow(lab, (scene, rkey) => expectEmptyWrite(lab, scene, PAGE, rkey));
});

test("BufferMwTest.WriteZeroByteOutsideMw: a WRITE of no bytes may name an address outside of the window", async ({
  lab,
}) => {
  await forEachWindow(lab, (scene, rkey) => expectEmptyWrite(lab, scene, 0, rkey));
});
