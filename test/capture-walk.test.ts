import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import * as iba from "@nomad/iba";
import { slowIcrc } from "@nomad/iba/testing";
import { beforeAll, expect, test } from "vitest";
import { captureFile, frameOf, type SentPacket } from "./kit/capture-file.ts";
import { fieldNumber, hasTshark, tsharkFields, withoutTshark } from "./kit/tshark.ts";
import { Workspace } from "./kit/workspace.ts";
import { walk } from "./random-walk/walk.ts";
import { Wiretap } from "./random-walk/wiretap.ts";

// What three adapters send on a random walk through all verbs, while packets are lost and come again.

const STEPS = 1000;
const IP_OFFSET = iba.FRAME_HEADER_BYTES - iba.ROCE_HEADER_BYTES;
let packets: readonly SentPacket[] = [];

beforeAll(() => {
  const wiretap = new Wiretap();
  walk(1, STEPS, (fabric) => wiretap.attach(fabric));
  packets = wiretap.packets;
}, 60_000);

const lastWord = (packet: Uint8Array) => Buffer.from(packet).readUInt32LE(packet.length - iba.ICRC_BYTES);

test("the walk sends every opcode, and some packets again", () => {
  const codes = new Set(packets.map(({ packet }) => packet[0]));
  const missing = iba.opcodes.flatMap((opcode) => (opcode && !codes.has(opcode.code) ? [opcode.name] : []));
  expect(missing).toEqual([]);
  expect(new Set(packets.map(({ packet }) => Buffer.from(packet).toString("latin1"))).size).toBeLessThan(
    packets.length,
  );
});

test("every packet's ICRC is the one that the rule gives, spelt out bit by bit", () => {
  const wrong = packets.filter((sent) => slowIcrc(frameOf(sent).subarray(IP_OFFSET)) !== lastWord(sent.packet));
  expect(wrong).toEqual([]);
});

/** How tshark calls the fields of each header. */
const fieldNames: Readonly<Record<string, string>> = {
  "deth.qkey": "infiniband.deth.q_key",
  "deth.srcqp": "infiniband.deth.srcqp",
  "reth.va": "infiniband.reth.va",
  "reth.rkey": "infiniband.reth.r_key",
  "reth.length": "infiniband.reth.dmalen",
  "aeth.syndrome": "infiniband.aeth.syndrome",
  "aeth.msn": "infiniband.aeth.msn",
  "atomicEth.va": "infiniband.reth.va",
  "atomicEth.rkey": "infiniband.reth.r_key",
  "atomicEth.swap": "infiniband.atomiceth.swapdt",
  "atomicEth.compare": "infiniband.atomiceth.cmpdt",
  "atomicAckEth.original": "infiniband.atomicacketh.origremdt",
  "immDt.imm": "infiniband.immdt",
  "ieth.invalidate": "infiniband.ieth",
};
const bthNames = ["infiniband.bth.opcode", "infiniband.bth.psn", "infiniband.bth.destqp", "infiniband.bth.p_key"];
const names = [...new Set([...bthNames, ...Object.values(fieldNames)])];

/** The fields of a packet as it was sent, by tshark's names. */
function fieldsOf(frame: iba.CapturedFrame): Record<string, bigint> {
  const { bth, fields, fault } = iba.dissect(frame, crc32);
  expect(fault).toBe(null);
  const values = [bth?.code, bth?.psn, bth?.destQpn, bth?.pkey].map((value, i) => [bthNames[i], BigInt(value ?? -1)]);
  const others = fields.map(({ header, name, value }) => [fieldNames[`${header}.${name}`], BigInt(value)]);
  return Object.fromEntries([...values, ...others]);
}

test.skipIf(!hasTshark)(
  `tshark finds InfiniBand in every packet of it, each field as it was sent, and nothing malformed${withoutTshark}`,
  async () => {
    await using workspace = new Workspace();
    const path = join(workspace.path, "walk.pcapng");
    const file = captureFile(packets);
    writeFileSync(path, file);
    const rows = await tsharkFields(path, ["frame.protocols", "_ws.malformed", ...names]);
    expect(rows).toHaveLength(packets.length);
    for (const [i, frame] of new iba.AnyCaptureReader().push(file).entries()) {
      const row = rows[i] ?? {};
      expect(row["frame.protocols"]?.[0]).toMatch(/^eth:ethertype:ip:udp:infiniband(:data)?$/);
      expect(row["_ws.malformed"]).toEqual([]);
      const shown = names.flatMap((name) =>
        (row[name] ?? []).slice(0, 1).map((text) => [name, fieldNumber(name, text)]),
      );
      expect(Object.fromEntries(shown)).toEqual(fieldsOf(frame));
    }
  },
  120_000,
);
