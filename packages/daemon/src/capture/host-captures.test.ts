import { crc32 } from "node:zlib";
import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import * as iba from "@nomad/iba";
import { samplePacket } from "@nomad/iba/testing";
import type { CaptureFilter, Message } from "@nomad/protocol";
import type { PacketTap } from "@nomad/wire";
import { expect, test } from "vitest";
import type { QpOwner } from "./capture-filter.ts";
import { type CapturedHost, HostCaptures } from "./host-captures.ts";

const here = 0x0102 as Lid;
const there = 0x0304 as Lid;
const ownQpn = 0x77 as Qpn;
const everything: CaptureFilter = { vlid: null, vqpn: null, qpn: null, peer: null };
const sample = samplePacket(iba.opcodeOf(iba.RC_SEND_ONLY), crc32);
const alice: QpOwner = {
  vlid: 0x1000 as VLid,
  vqpn: 5 as VQpn,
  name: "alice",
  remote: { vlid: 0x1001 as VLid, vqpn: 6 as VQpn },
};

/** A host on which alice's queue pair has a number; the wire is what the test says. */
class FakeHost {
  readonly sent: Message[] = [];
  readonly owners = new Map<Qpn, QpOwner>();
  readonly connected = new Map<Qpn, Qpn>();
  now = 0;
  tap: PacketTap | null = null;
  readonly captures: HostCaptures;
  #id = 0;

  constructor(remembered = 0) {
    this.captures = new HostCaptures(this.#asHost(), remembered);
  }

  #asHost(): CapturedHost {
    return {
      lid: here,
      now: () => this.now,
      timeNs: (ms) => 1000n + BigInt(ms),
      owner: (qpn) => this.owners.get(qpn),
      connectedTo: (qpn) => this.connected.get(qpn) ?? null,
      send: (_to, message) => this.sent.push(message),
      tap: (tap) => {
        this.tap = tap;
      },
    };
  }

  begin(filter: Partial<CaptureFilter> = {}, capture = "c", credit = 1 << 20, recent = false): Message | undefined {
    const m = {
      kind: "CAPTURE" as const,
      id: this.#id++,
      capture,
      interface: 0,
      filter: { ...everything, ...filter },
      recent,
    };
    this.captures.handle("central", { ...m, credit });
    return this.sent.at(-1);
  }

  end(capture = "c"): void {
    this.captures.handle("central", { kind: "CAPTURE_END", id: this.#id++, capture });
  }

  out(packet = sample.packet, from = ownQpn, to = there): void {
    this.tap?.sent(Uint8Array.of(0, ...packet), 1, packet.length, to, from);
  }

  in(packet: Uint8Array = sample.packet, from = there): void {
    this.tap?.received(packet, 0, packet.length, from);
  }

  /** What has been sent so far, as one would read it. */
  read() {
    const reader = new iba.PcapngReader();
    const pieces = this.sent.filter((m) => m.kind === "CAPTURED");
    reader.push(iba.sectionHeader({ application: "", comment: "" }));
    reader.push(iba.interfaceDescription({ name: "host-a", description: "" }));
    const frames = pieces.flatMap(({ blocks }) => reader.push(blocks));
    const sum = (count: "seen" | "accepted" | "dropped") => pieces.reduce((total, piece) => total + piece[count], 0);
    return { frames, seen: sum("seen"), accepted: sum("accepted"), dropped: sum("dropped") };
  }
}

test("the port has a tap while there is a capture, and only then", () => {
  const host = new FakeHost();
  expect(host.begin({}, "c")).toEqual({ kind: "CAPTURING", re: 0 });
  expect(host.begin({}, "d")).toMatchObject({ kind: "CAPTURING" });
  host.end("c");
  expect(host.tap).toBe(host.captures);
  host.end("d");
  expect(host.tap).toBe(null);
});

test("packets of both directions arrive as RoCEv2 frames, their bytes and ICRC untouched", () => {
  const host = new FakeHost();
  host.begin();
  host.out();
  host.now = 7;
  host.in(sample.packet.with(20, 0));
  host.end();
  const { frames, ...counts } = host.read();
  expect(counts).toEqual({ seen: 2, accepted: 2, dropped: 0 });
  expect(frames).toMatchObject([
    { direction: "out", timeNs: 1000n, comment: "" },
    { direction: "in", timeNs: 1007n },
  ]);
  const [out, back] = frames.map((frame) => iba.dissect(frame, crc32));
  expect(out).toMatchObject({ icrc: "ok", addresses: { source: 0x0a000102, destination: 0x0a000304 } });
  expect(back).toMatchObject({ icrc: "bad", addresses: { source: 0x0a000304, destination: 0x0a000102 } });
  expect(host.sent.at(-1)).toMatchObject({ kind: "CAPTURE_ENDED" });
});

test("a guest's packets are told from others, and keep their names when its queue pair gets another number", () => {
  const host = new FakeHost();
  host.owners.set(ownQpn, alice);
  host.owners.set(sample.destQpn, alice);
  host.begin({ vlid: alice.vlid });
  host.out();
  host.in();
  host.out(sample.packet, 0x99 as Qpn);
  host.owners.clear();
  host.in();
  host.end();
  expect(host.read().frames.map(({ comment }) => comment)).toEqual([
    "alice QP 5 > guest 0x1001 QP 6",
    "guest 0x1001 QP 6 > alice QP 5",
    "guest 0x1001 QP 6 > alice QP 5",
  ]);
});

test.each<[string, Partial<CaptureFilter>, ("out" | "in")[]]>([
  ["the program's queue pair", { vlid: alice.vlid, vqpn: alice.vqpn }, ["out"]],
  ["another queue pair of the guest", { vlid: alice.vlid, vqpn: 6 as VQpn }, []],
  ["the queue pair that sends", { qpn: ownQpn }, ["out"]],
  ["the queue pair that packets name", { qpn: sample.destQpn }, ["out", "in"]],
  ["the queue pair at the other end of a connection", { qpn: 0x55 as Qpn }, ["in"]],
  ["the port at the other end", { peer: there }, ["out", "in"]],
  ["a port that takes no part", { peer: here }, []],
])("a filter by %s", (_what, filter, wanted) => {
  const host = new FakeHost();
  host.owners.set(ownQpn, alice);
  host.connected.set(sample.destQpn, 0x55 as Qpn);
  host.begin(filter);
  host.out();
  host.in();
  host.end();
  expect(host.read().frames.map(({ direction }) => direction)).toEqual(wanted);
});

test("a datagram says which queue pair sent it", () => {
  const host = new FakeHost();
  const datagram = iba.opcodes.find((opcode) => opcode?.headers.includes("deth"));
  const { packet } = samplePacket(datagram as iba.Opcode, crc32);
  host.begin({ qpn: 0x0a0b0c as Qpn });
  host.in(packet);
  host.in(packet.subarray(0, 13));
  host.end();
  expect(host.read()).toMatchObject({ seen: 2, accepted: 1 });
});

test("bytes too few to be a packet are captured as they are", () => {
  const host = new FakeHost();
  host.begin();
  host.in(Uint8Array.of(1, 2, 3));
  host.end();
  expect(iba.dissect(host.read().frames[0] as iba.CapturedFrame, crc32)).toMatchObject({ fault: "too-short" });
});

test("few packets wait a moment for more, then go", () => {
  const host = new FakeHost();
  host.begin();
  host.out();
  host.captures.run(host.now);
  expect(host.read().frames).toHaveLength(0);
  host.now = host.captures.deadline();
  host.captures.run(host.now);
  expect(host.read().frames).toHaveLength(1);
  expect(host.captures.deadline()).toBe(Number.POSITIVE_INFINITY);
});

test("a reader that does not read loses packets, which are counted, and nothing else happens", () => {
  const host = new FakeHost();
  const credit = 300_000;
  host.begin({}, "c", credit);
  const large = new Uint8Array(4096);
  const count = 4000;
  for (let i = 0; i < count; i++) host.in(large);
  host.captures.run(host.now);
  const before = host.read();
  expect(before.frames.length * large.length).toBeLessThan(credit + 2 * 65_536);
  host.captures.handle("central", { kind: "CAPTURE_CREDIT", capture: "c", bytes: 100_000_000 });
  host.captures.run(host.now);
  host.end();
  const after = host.read();
  expect(after.frames.length).toBeGreaterThan(before.frames.length);
  expect(after.dropped).toBeGreaterThan(count / 4);
  expect(after.accepted).toBe(count);
  expect(after.frames.length + after.dropped).toBe(count);
});

test("a request that is repeated finds its capture running", () => {
  const host = new FakeHost();
  host.begin();
  host.out();
  expect(host.begin()).toEqual({ kind: "CAPTURING", re: 1 });
  host.end();
  expect(host.read().frames).toHaveLength(1);
});

test("one capture too many is refused", () => {
  const host = new FakeHost();
  for (let i = 0; i < 8; i++) expect(host.begin({}, String(i))).toMatchObject({ kind: "CAPTURING" });
  expect(host.begin({}, "8")).toMatchObject({ kind: "FAILED", code: "E_BUSY" });
});

test("without central all captures end, silently", () => {
  const host = new FakeHost();
  host.begin();
  host.out();
  host.captures.clear();
  expect(host.tap).toBe(null);
  host.captures.run(1000);
  expect(host.sent).toHaveLength(1);
});

test("other messages are left to others", () => {
  expect(new FakeHost().captures.handle("central", { kind: "HOSTS", hosts: [] })).toBe(false);
});

test("a capture may begin with what passed before it: headers, and whose they were then", () => {
  const host = new FakeHost(100);
  host.owners.set(ownQpn, alice);
  host.out();
  host.in(new Uint8Array(4096));
  host.now = 7;
  host.owners.delete(ownQpn);
  host.begin({ vlid: alice.vlid }, "c", 1 << 20, true);
  host.owners.set(ownQpn, alice);
  host.out();
  host.end();
  const { frames } = host.read();
  expect(frames.map(({ timeNs }) => timeNs)).toEqual([1000n, 1007n]);
  const [before, after] = frames.map((frame) => iba.dissect(frame, null));
  expect(before).toEqual(after);
  expect(frames[0]?.comment).toBe(frames[1]?.comment);
});

test("of a large packet that passed before the capture its length is told, though not its payload", () => {
  const host = new FakeHost(100);
  const write = iba.opcodes.find((opcode) => opcode?.name === "RC RDMA WRITE Middle") as iba.Opcode;
  const packet = new Uint8Array(write.headerBytes + 1024 + 4);
  packet[0] = write.code;
  host.in(packet);
  host.begin({}, "c", 1 << 20, true);
  host.end();
  const [frame] = host.read().frames as [iba.CapturedFrame];
  expect(frame.frame.length).toBeLessThan(frame.wireBytes);
  expect(iba.dissect(frame, crc32)).toMatchObject({ payloadBytes: 1024, icrc: null, fault: null });
});

test("a capture that asks for nothing of before begins with what passes next", () => {
  const host = new FakeHost(100);
  host.in();
  host.begin();
  host.end();
  expect(host.read().frames).toEqual([]);
});
