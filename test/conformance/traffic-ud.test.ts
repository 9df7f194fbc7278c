import { Random } from "@nomad/base";
import { expect } from "vitest";
import type { Lab } from "./kit/lab.ts";
import { mixed } from "./kit/mixes.ts";
import { alike, RcLane } from "./kit/rc-lane.ts";
import { openLab, test } from "./kit/test.ts";
import { type MeshOptions, type Plan, UdMesh } from "./kit/ud-mesh.ts";

// Datagrams, many at a time: on links that lose nothing, to targets that can take them, all arrive.

const heapBytes = 48 * 1024 * 1024;
const sizes = [8, 64, 512, 4095, 4096] as const;

async function rounds(lab: Lab, count: number, options: MeshOptions, plan: Plan): Promise<void> {
  const mesh = new UdMesh(lab, options);
  for (let round = 0; round < count; round++) await lab.until(mesh.round(plan));
}

const toOwn: Plan["target"] = (sender) => sender;
/** To any of so many targets. */
const toAny = (random: Random, targets: number) => () => random.between(0, targets - 1);

/** A plan that says the same each time it is asked for the same datagram. */
function settled(senders: number, perSender: number, target: Plan["target"], bytes: () => number): Plan {
  const key = (sender: number, index: number) => sender * perSender + index;
  const count = senders * perSender;
  const targets = Array.from({ length: count }, (_, i) => target(Math.floor(i / perSender), i % perSender));
  const lengths = Array.from({ length: count }, bytes);
  return {
    target: (sender, index) => targets[key(sender, index)] as number,
    bytes: (sender, index) => lengths[key(sender, index)] as number,
  };
}

test("UdConstantOpTest.OneToOne: datagrams of one size go from each queue pair to its own target", async () => {
  for (const qps of [1, 10, 50]) {
    for (const bytes of [8, 512, 4096]) {
      await using lab = await openLab({ heapBytes });
      await rounds(lab, 2, { senders: qps, targets: qps, perSender: 4 }, { target: toOwn, bytes: () => bytes });
    }
  }
});

test("UdMixedOpTest.OneToOne: datagrams of all sizes go from each queue pair to its own target", async () => {
  const random = new Random(1);
  for (const qps of [1, 10, 50]) {
    await using lab = await openLab({ heapBytes });
    const plan = settled(qps, 4, toOwn, () => random.pick(sizes));
    await rounds(lab, 2, { senders: qps, targets: qps, perSender: 4 }, plan);
  }
});

test("MultiplexedUdTest.FixedOpSize: one sends to many, many to one, and many to many, by one handle or each by its own", async () => {
  const random = new Random(2);
  const shapes: readonly MeshOptions[] = [
    { senders: 1, targets: 10 },
    { senders: 10, targets: 1 },
    { senders: 10, targets: 10 },
    { senders: 10, targets: 10, ownHandles: true },
  ];
  for (const shape of shapes) {
    await using lab = await openLab({ heapBytes });
    const plan = settled(shape.senders, 8, toAny(random, shape.targets), () => 32);
    await rounds(lab, 3, { ...shape, bytesMax: 32 }, plan);
  }
});

test("UdMultiplexedMixedOpsTest.MultiplexedMixedOpsShared: many send all sizes to many by one handle", async () => {
  const random = new Random(3);
  await using lab = await openLab({ heapBytes });
  const plan = settled(10, 8, toAny(random, 10), () => random.pick(sizes));
  await rounds(lab, 3, { senders: 10, targets: 10 }, plan);
});

test("UdBurstTest.TrafficOkAfterBurst: of a burst as many arrive as there are receives, and afterwards all", async () => {
  for (const [qps, perSender] of [
    [2, 128],
    [8, 128],
  ] as const) {
    await using lab = await openLab({ heapBytes });
    const mesh = new UdMesh(lab, { senders: qps, targets: qps, bytesMax: 1024, perSender });
    const plan: Plan = { target: (sender, i) => (sender + i) % qps, bytes: () => 1024 };
    mesh.postReceives(() => perSender / 2);
    await lab.until(mesh.send(plan));
    await lab.calm();
    expect(mesh.settle()).toBe((qps * perSender) / 2);
    await lab.until(mesh.round(plan));
  }
});

test("MixedQpModeTest.BasicTest: a connection and datagrams share the ports", async ({ lab }) => {
  const lane = new RcLane(lab, { bytesMax: 32, window: 10 });
  const mesh = new UdMesh(lab, { senders: 1, targets: 1, bytesMax: 32 });
  const plan: Plan = { target: toOwn, bytes: () => 32 };
  for (let round = 0; round < 10; round++) {
    await lab.until(Promise.all([lane.drive(alike(10, "write", 32)), mesh.round(plan)]));
  }
});

test("MixedQpModeTest.StressTest: many connections with all operations and many datagrams share the ports", async () => {
  const random = new Random(5);
  await using lab = await openLab({ heapBytes });
  const lanes = Array.from({ length: 25 }, () => new RcLane(lab, { bytesMax: 10_000, window: 4 }));
  const mesh = new UdMesh(lab, { senders: 25, targets: 25, perSender: 4 });
  const plan = settled(25, 4, toAny(random, 25), () => random.pick(sizes));
  for (let round = 0; round < 4; round++) {
    const connections = lanes.map((lane) => lane.drive(mixed(random, 12, true)));
    await lab.until(Promise.all([...connections, mesh.round(plan)]));
  }
});
