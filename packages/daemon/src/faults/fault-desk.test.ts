import { Random, VirtualClock, type VLid } from "@nomad/base";
import { type Answer, Central, type Message, type StandingFault } from "@nomad/protocol";
import type { FaultRequest } from "@nomad/protocol/http";
import { expect, test } from "vitest";
import { FaultDesk, type FaultLab } from "./fault-desk.ts";

/** Central of a lab of two hosts, which do as they are told, and alice. */
class FakeLab {
  readonly core = new Central({ generation: 1, version: "1" });
  readonly clock = new VirtualClock();
  readonly told = new Map<string, readonly StandingFault[]>();
  readonly desk: FaultDesk;
  readonly reconnected: string[] = [];
  writesNow = 0;
  hits = 0;

  constructor() {
    for (const name of ["host-a", "host-b"]) this.#hello(name);
    const alice = { name: "alice", vlid: 0x1000 as VLid, image: "pair", arguments: {}, host: "host-a", epoch: 1 };
    const ran = { imageHash: "", memoryBytes: 0, exitCode: null, error: null, report: null, log: [] };
    this.core.directory.add({ ...alice, ...ran, state: "running" });
    const ask: FaultLab["ask"] = (to, message, { onAnswer }) => {
      const { faults } = message as Extract<Message, { kind: "FAULTS" }>;
      this.told.set(to, faults);
      onAnswer({ kind: "FAULTS_SET", re: 0, hits: faults.map(({ id }) => ({ id, hits: this.hits })) } as Answer);
    };
    this.desk = new FaultDesk({
      directory: this.core.directory,
      clock: this.clock,
      generation: 1,
      random: new Random(1),
      reconnect: (concerned) => void this.reconnected.push(...["host-a", "host-c"].filter(concerned)),
      writeNow: () => void this.writesNow++,
      ask,
    });
  }

  #hello(name: string): void {
    const message = { kind: "HELLO" as const, id: 0, name, incarnation: "1", url: "", pid: 1 };
    this.core.handle({ kind: "message", from: name, incarnation: "1", message }, 0);
  }
}

test("a fault is told to every host, with the guest by the name that never changes", async () => {
  const { desk, told } = new FakeLab();
  const { id } = await desk.add({ kind: "drop", chance: 0.5, guest: "alice", opcodes: [0x11] });
  for (const host of ["host-a", "host-b"]) {
    expect(told.get(host)).toMatchObject([{ id, rule: { kind: "drop", on: ["wire"], opcodes: [0x11] } }]);
    expect(told.get(host)?.[0]?.rule.qp).toEqual({ vlid: 0x1000, vqpn: null, qpn: null });
  }
});

test("hits at all ends are summed, and a lifted fault is lifted at every host", async () => {
  const lab = new FakeLab();
  const { id } = await lab.desk.add({ kind: "delay", from: "host-a", to: "central", on: ["control"], ms: 5 });
  lab.hits = 3;
  expect(await lab.desk.list()).toMatchObject([{ id, hits: 6, secondsLeft: null }]);
  expect(await lab.desk.lift(id)).toMatchObject([{ id, hits: 6 }]);
  expect([...lab.told.values()]).toEqual([[], []]);
  expect(await lab.desk.list()).toEqual([]);
});

test("a host that could not introduce itself in a cut comes again when it ends; one that is up sees to that itself", async () => {
  const lab = new FakeLab();
  await lab.desk.add({ kind: "cut", to: "central", on: ["control"] });
  expect(lab.reconnected).toEqual([]);
  await lab.desk.lift("all");
  expect(lab.reconnected).toEqual(["host-c"]);
});

test("a fault with a time is gone after it", async () => {
  const lab = new FakeLab();
  await lab.desk.add({ kind: "cut", from: "host-a", to: "host-b", bothWays: true, seconds: 2 });
  expect(lab.told.get("host-b")?.[0]).toMatchObject({
    leftMs: 2000,
    rule: { on: ["control", "peer", "wire", "bulk"], bothWays: true },
  });
  lab.clock.after(2000, () => {});
  while (lab.clock.step());
  expect(await lab.desk.list()).toEqual([]);
});

test("what comes to central suffers at central, but for what is about faults, and a greeting is not lost but in a cut", async () => {
  const { desk } = new FakeLab();
  const { id } = await desk.add({ kind: "drop", on: ["control"], to: "central" });
  const passes = (message: Message) => {
    let delivered = false;
    desk.arrive("host-a", message, () => {
      delivered = true;
    });
    return delivered;
  };
  const hello: Message = { kind: "HELLO", id: 0, name: "host-a", incarnation: "1", url: "", pid: 1 };
  const set: Message = { kind: "FAULTS_SET", re: 1, hits: [] };
  expect([passes({ kind: "NOTED", re: 1 }), passes(hello), passes(set)]).toEqual([false, true, true]);
  await desk.lift(id);
  await desk.add({ kind: "cut", from: "host-a" });
  expect([passes(hello), passes(set)]).toEqual([false, true]);
});

test("a fault between hosts or for a guest that there are not is refused", async () => {
  const { desk } = new FakeLab();
  await expect(desk.add({ kind: "drop", from: "host-z" })).rejects.toMatchObject({ code: "E_NO_HOST" });
  await expect(desk.add({ kind: "drop", guest: "zoe" })).rejects.toMatchObject({ code: "E_NO_GUEST" });
  await expect(desk.add({ kind: "drop", qp: 1, message: "STOP" })).rejects.toMatchObject({ code: "E_USAGE" });
  await expect(desk.lift("fault-9")).rejects.toMatchObject({ code: "E_STATE" });
});

test("a slow disk is central's alone: hosts hear nothing of it, and lifting it writes what it keeps", async () => {
  const lab = new FakeLab();
  const { id } = await lab.desk.add({ kind: "delay", on: ["journal"], ms: 500, times: 1 });
  expect([...lab.told.values()]).toEqual([[], []]);
  expect([lab.desk.writeDelayMs(), lab.desk.writeDelayMs()]).toEqual([500, 0]);
  expect(lab.writesNow).toBe(0);
  expect(await lab.desk.lift(id)).toMatchObject([{ id, hits: 1 }]);
  expect(lab.writesNow).toBe(1);
});

test.each<FaultRequest>([
  { kind: "drop", on: ["journal"] },
  { kind: "delay", on: ["journal", "wire"] },
  { kind: "delay", on: ["journal"], from: "host-a" },
])("of a disk no more is wanted than that it is slow: %j is refused", async (request) => {
  await expect(new FakeLab().desk.add(request)).rejects.toMatchObject({ code: "E_USAGE" });
});
