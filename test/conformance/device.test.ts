import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect } from "vitest";
import { allAccess, connect, makeEnd, makePair } from "./kit/ends.ts";
import { openLab, test, virtualTest } from "./kit/test.ts";
import { refusal, statusOf } from "./kit/work.ts";

// Devices, each a port with an adapter of its own (IBA 11.2.1).

/** What a thread tells that opens a device of its own. */
async function openInThread(): Promise<unknown> {
  const worker = new Worker(new URL("./kit/open-device.ts", import.meta.url));
  const [statuses] = await once(worker, "message");
  return statuses;
}

test("DeviceTest.GetDeviceList: each port of a fabric is a device with a name and a LID of its own", async () => {
  await using lab = await openLab({ contexts: 3 });
  expect(lab.contexts.map((context) => context.name)).toEqual(["port-1", "port-2", "port-3"]);
  expect(lab.contexts.map((context) => context.queryPort().lid)).toEqual([1, 2, 3]);
});

test("DeviceTest.Open: a device is opened and closed, and closed does nothing more", async ({ lab }) => {
  const { a, b } = makePair(lab);
  b.context.close();
  expect([a.context.closed, b.context.closed]).toEqual([false, true]);
  await expect(b.recvCq.wait()).rejects.toThrowError(refusal("E_STATE"));
});

virtualTest("DeviceTest.OpenMany: a hundred devices are open at once, and any two talk", async () => {
  await using lab = await openLab({ contexts: 100, heapBytes: 64 * 1024 });
  const small = { bufferBytes: 64, cqEntries: 8, maxSendWr: 4, maxRecvWr: 4 };
  const [a, b] = [makeEnd(lab.context(3), small), makeEnd(lab.context(98), small)];
  expect([a.context.lid, b.context.lid]).toEqual([4, 99]);
  connect(a.qp, b.qp);
  b.qp.postRecv({});
  expect(await statusOf(lab, a, { opcode: "WR_SEND" })).toBe("WC_SUCCESS");
});

virtualTest("DeviceTest.OpenInAnotherThread: a device opened in another thread works there", async () => {
  expect(await openInThread()).toEqual(["WC_SUCCESS", "WC_SUCCESS"]);
});

virtualTest("DeviceTest.OpenInManyThreads: devices opened in many threads at once do not meet", async () => {
  const all = await Promise.all(Array.from({ length: 4 }, openInThread));
  expect(all).toEqual(all.map(() => ["WC_SUCCESS", "WC_SUCCESS"]));
  expect(all).toHaveLength(4);
});

test("DeviceTest.QueryDevice: a device says what it has room for and can do", ({ lab }) => {
  const attributes = lab.context(0).queryDevice();
  expect(attributes).toMatchObject({ physPortCnt: 1, atomicCap: "HCA", memoryWindowType2B: true });
  for (const name of ["maxQp", "maxCq", "maxMr", "maxMw", "maxPd", "maxSrq", "maxAh", "maxQpWr", "maxSge"] as const) {
    expect(attributes[name], name).toBeGreaterThan(0);
  }
});

test("DeviceTest.ContextTomfoolery: what belongs to one device is not known to another", ({ lab }) => {
  const [one, other] = [lab.context(0), lab.context(1)];
  const pd = one.allocPd();
  const mr = pd.regMr(one.alloc(64), allAccess);
  expect(() => other.hca.deallocPd(pd.handle)).toThrowError(refusal("E_VERB"));
  mr.dereg();
  pd.dealloc();
});
