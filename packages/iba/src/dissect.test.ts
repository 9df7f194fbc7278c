import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dissect } from "./dissect.ts";
import { formatField } from "./dissect-fields.ts";
import { dissectionJson, dissectionText } from "./dissect-text.ts";
import { opcodeOf, opcodes, RC_ACK, RC_SEND_ONLY, RC_WRITE_ONLY_IMM } from "./opcode.ts";
import { FRAME_HEADER_BYTES, writeRoceFrame } from "./roce-frame.ts";
import { type Sample, samplePacket } from "./testing/sample-packets.ts";

const samples = opcodes.filter((opcode) => opcode !== undefined).map((opcode) => samplePacket(opcode, crc32));

function captured({ packet, slid, dlid }: Pick<Sample, "packet" | "slid" | "dlid">) {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + packet.length);
  writeRoceFrame(frame, 0, packet, 0, packet.length, slid, dlid);
  return {
    interface: "host-a",
    timeNs: 86_400_000_000_000n * 3n + 3_723_000_000_042n,
    frame,
    wireBytes: frame.length,
    linkType: 1,
    direction: "out" as const,
    comment: "",
  };
}

/** What the sample's headers say, written out independently of the field tables. */
const told = {
  bth: {},
  deth: { qkey: 0x11112222, srcqp: 0x0a0b0c },
  reth: { va: "0x123456789ab", rkey: 0xcafebabe, length: 65552 },
  aeth: { syndrome: 0x1f, msn: 0x1234 },
  atomicEth: { va: "0xfedcba98760", rkey: 0xdeadbeef, swap: "0xf0f1f2f3f4f5f6f7", compare: "0x8000000000000001" },
  atomicAckEth: { original: "0xffeeddccbbaa9988" },
  immDt: { imm: 0x0badf00d },
  ieth: { invalidate: 0x5a5b5c5d },
} as const;

test.each(samples.map((sample) => [sample.opcode.name, sample] as const))("%s is dissected whole", (name, sample) => {
  const frame = captured(sample);
  const { opcode, destQpn, psn, payloadBytes } = sample;
  const headers = opcode.headers.filter((header) => header !== "bth").map((header) => [header, told[header]]);
  expect(dissectionJson(frame, dissect(frame, crc32))).toMatchObject({
    from: { address: "10.0.1.2", lid: 0x0102 },
    to: { address: "10.0.3.4", lid: 0x0304 },
    bth: { opcode: name, code: opcode.code, destQpn, psn, ackRequest: opcode.role === "request", pkey: 0xffff },
    headers: Object.fromEntries(headers),
    payloadBytes,
    icrc: "ok",
    fault: null,
  });
});

test("a packet is one line", () => {
  const line = (code: number) => {
    const frame = captured(samplePacket(opcodeOf(code), crc32));
    return dissectionText(frame, dissect(frame, crc32));
  };
  expect(line(RC_WRITE_ONLY_IMM)).toBe(
    "01:02:03.000000042 host-a out lid 258 > lid 772 RC RDMA WRITE Only with Immediate qp 0x20000b psn 16776971 SE A " +
      "va 0x123456789ab rkey 0xcafebabe length 65552 imm 0xbadf00d payload 37 icrc ok",
  );
  expect(line(RC_ACK)).toContain("RC Acknowledge qp 0x200011 psn 16776977 SE ACK msn 4660 payload 0 icrc ok");
});

test("a comment ends the line", () => {
  const frame = { ...captured(samplePacket(opcodeOf(RC_ACK), crc32)), comment: "alice QP 1 > guest 0x1001 QP 1" };
  expect(dissectionText(frame, dissect(frame, crc32))).toMatch(/ ; alice QP 1 > guest 0x1001 QP 1$/);
});

test.each([
  [0x1f, "ACK"],
  [0x03, "ACK (credit code 3)"],
  [0x2c, "RNR NAK (0.64 ms)"],
  [0x60, "NAK (PSN sequence error)"],
  [0x62, "NAK (remote access error)"],
  [0x7f, "NAK (code 31)"],
  [0x40, "reserved syndrome 0x40"],
])("syndrome %i is %s", (syndrome, text) => {
  expect(formatField("syndrome", syndrome)).toBe(text);
});

test("what is wrong with a packet is told behind what can be read of it", () => {
  const sample = samplePacket(opcodeOf(RC_SEND_ONLY), crc32);
  const changed = sample.packet.with(0, 0xdf);
  const frame = captured({ ...sample, packet: changed });
  expect(dissectionText(frame, dissect(frame, crc32))).toBe(
    "01:02:03.000000042 host-a out lid 258 > lid 772 opcode 0xdf qp 0x200004 psn 16776964 SE A " +
      "(unknown-opcode, 98 bytes) icrc bad",
  );
});

test("frames that are no RoCEv2 are named, not dissected", () => {
  const frame = captured(samplePacket(opcodeOf(RC_ACK), crc32));
  expect(dissect({ ...frame, linkType: 113 }, crc32)).toMatchObject({ bth: null, fault: "not-ethernet" });
  expect(dissect({ ...frame, frame: frame.frame.subarray(0, 50) }, crc32)).toMatchObject({ bth: null, fault: "cut" });
  const empty = captured({ ...(samples[0] as Sample), packet: new Uint8Array() });
  expect(dissect(empty, crc32)).toMatchObject({ bth: null, icrc: null, fault: "too-short" });
});

test("any change of any packet gives a line", () => {
  fc.assert(
    fc.property(fc.nat(samples.length - 1), fc.nat(400), fc.integer({ min: 0, max: 255 }), (index, at, value) => {
      const frame = captured(samples[index] as Sample);
      if (at < frame.frame.length) frame.frame[at] = value;
      expect(dissectionText(frame, dissect(frame, crc32))).toMatch(/^01:02:03\.000000042 host-a out [^\n]+$/);
    }),
    { numRuns: 1000 },
  );
});
