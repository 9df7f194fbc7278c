import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import * as iba from "@nomad/iba";
import { type Sample, samplePacket } from "@nomad/iba/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { captureFile } from "./kit/capture-file.ts";
import { lastJson } from "./kit/nomad-command.ts";
import { RunningLab } from "./kit/running-lab.ts";
import { fieldNumber, hasTshark, tsharkFields, withoutTshark } from "./kit/tshark.ts";
import { Workspace } from "./kit/workspace.ts";

interface Captured {
  readonly ok: boolean;
  readonly packets: number;
  readonly dropped: number;
}

/** A capture with one packet of every opcode that there is. */
function writeEveryOpcode(path: string): Sample[] {
  const samples = iba.opcodes.filter((opcode) => opcode !== undefined).map((opcode) => samplePacket(opcode, crc32));
  writeFileSync(path, captureFile(samples));
  return samples;
}

/** What tshark must show of each header of a sample; the values stand in iba's sample-packets.ts. */
const shown = {
  bth: {},
  deth: { "infiniband.deth.q_key": 0x1111_2222n, "infiniband.deth.srcqp": 0x0a_0b0cn },
  reth: {
    "infiniband.reth.va": 0x123_4567_89abn,
    "infiniband.reth.r_key": 0xcafe_baben,
    "infiniband.reth.dmalen": 0x1_0010n,
  },
  aeth: { "infiniband.aeth.syndrome": 0x1fn, "infiniband.aeth.msn": 0x1234n },
  atomicEth: {
    "infiniband.reth.va": 0xfed_cba9_8760n,
    "infiniband.reth.r_key": 0xdead_beefn,
    "infiniband.atomiceth.swapdt": 0xf0f1_f2f3_f4f5_f6f7n,
    "infiniband.atomiceth.cmpdt": 0x8000_0000_0000_0001n,
  },
  atomicAckEth: { "infiniband.atomicacketh.origremdt": 0xffee_ddcc_bbaa_9988n },
  immDt: { "infiniband.immdt": 0x0bad_f00dn },
  ieth: { "infiniband.ieth": 0x5a5b_5c5dn },
} as const;

const headerNames = [...new Set(Object.values(shown).flatMap((header) => Object.keys(header)))];
test.skipIf(!hasTshark)(
  `tshark reads every opcode, each field as it was sent, and finds nothing malformed${withoutTshark}`,
  async () => {
    await using workspace = new Workspace();
    const path = join(workspace.path, "every-opcode.pcapng");
    const samples = writeEveryOpcode(path);
    const bth = ["infiniband.bth.opcode", "infiniband.bth.psn", "infiniband.bth.destqp"] as const;
    const names = ["frame.protocols", "_ws.malformed", "infiniband.invariant.crc", ...bth, ...headerNames];
    const rows = await tsharkFields(path, names);
    expect(rows).toHaveLength(samples.length);
    for (const [i, { opcode, psn, destQpn, packet }] of samples.entries()) {
      const row = rows[i] ?? {};
      expect(row["frame.protocols"]?.[0], opcode.name).toMatch(/^eth:ethertype:ip:udp:infiniband(:data)?$/);
      expect(row["_ws.malformed"], opcode.name).toEqual([]);
      expect(bth.map((name) => Number(row[name]?.[0]))).toEqual([opcode.code, psn, destQpn]);
      const icrc = Number(row["infiniband.invariant.crc"]?.[0]);
      expect(icrc, opcode.name).toBe(Buffer.from(packet).readUInt32BE(packet.length - 4));
      const expected = Object.assign({}, ...opcode.headers.map((header) => shown[header]));
      const found = headerNames.flatMap((name) => {
        const [text] = row[name] ?? [];
        return text === undefined ? [] : [[name, fieldNumber(name, text)]];
      });
      expect(Object.fromEntries(found), opcode.name).toEqual(expected);
    }
  },
);

test("dissect prints one line a packet, and refuses what is no capture", async () => {
  await using workspace = new Workspace();
  const samples = writeEveryOpcode(join(workspace.path, "every-opcode.pcapng"));
  const read = await workspace.run("dissect", "every-opcode.pcapng");
  const lines = read.stdout.trimEnd().split("\n");
  expect(read.exitCode).toBe(0);
  expect(lines).toHaveLength(samples.length);
  for (const [i, { opcode }] of samples.entries()) expect(lines[i]).toContain(` ${opcode.name} qp `);
  for (const line of lines) expect(line).toMatch(/ icrc ok$/);
  const refused = await workspace.run("dissect", join(import.meta.dirname, "capture.test.ts"), "--json");
  expect(refused.exitCode).toBe(1);
  expect(lastJson(refused)).toMatchObject({ ok: false, error: { code: "E_CAPTURE_FILE" } });
});

describe("a lab with two guests that talk", () => {
  let lab: RunningLab;
  const path = (file: string) => join(lab.workspace.path, file);

  function read(file: string): { frames: iba.CapturedFrame[]; dropped: number } {
    const reader = new iba.AnyCaptureReader();
    const frames = reader.push(readFileSync(path(file)));
    reader.end();
    return { frames, dropped: reader.dropped };
  }

  beforeAll(async () => {
    lab = await RunningLab.start();
    await lab.startPair();
  }, 60_000);
  afterAll(() => lab[Symbol.asyncDispose]());

  test("a capture of a second is a file whose packets are all whole, with right ICRCs", {
    timeout: 60_000,
  }, async () => {
    const ended = await lab.workspace.run(
      "capture",
      "--guest",
      "alice",
      "--seconds",
      "1",
      "--out",
      "s.pcapng",
      "--json",
    );
    const result = lastJson<Captured>(ended);
    expect(ended.exitCode, ended.stderr).toBe(0);
    const { frames, dropped } = read("s.pcapng");
    expect(frames.length).toBeGreaterThan(100);
    expect(result).toMatchObject({ ok: true, packets: frames.length, dropped });
    for (const frame of frames) expect(iba.dissect(frame, crc32)).toMatchObject({ fault: null, icrc: "ok" });
    expect(new Set(frames.map(({ direction }) => direction))).toEqual(new Set(["in", "out"]));
    expect(ended.stderr).toContain(`${dropped} dropped`);
  });

  test.skipIf(!hasTshark)(
    `tshark finds InfiniBand in every packet of it, nothing malformed${withoutTshark}`,
    {
      timeout: 60_000,
    },
    async () => {
      const rows = await tsharkFields(path("s.pcapng"), ["frame.protocols", "_ws.malformed", "infiniband.bth.psn"]);
      const own = read("s.pcapng").frames.map((frame) => iba.dissect(frame, crc32).bth?.psn);
      expect(rows.map((row) => Number(row["infiniband.bth.psn"][0]))).toEqual(own);
      for (const row of rows) expect(row["frame.protocols"][0]).toMatch(/:infiniband/);
      expect(rows.filter((row) => row["_ws.malformed"].length > 0)).toEqual([]);
    },
  );

  test("a guest's capture goes with it when it moves, and ends well at Ctrl-C", { timeout: 90_000 }, async () => {
    const capture = lab.workspace.start("capture", "--guest", "alice", "--out", "moved.pcapng", "--json");
    await capture.errMatch(/capturing/);
    await lab.untilTraffic();
    const moved = await lab.workspace.run("migrate", "alice", "host-c", "--json");
    expect(moved.exitCode, moved.stderr).toBe(0);
    await lab.untilTraffic();
    capture.child.kill("SIGINT");
    const ended = await capture.ended;
    expect(ended.exitCode, ended.stderr).toBe(0);
    const { frames, dropped } = read("moved.pcapng");
    expect(lastJson<Captured>(ended)).toMatchObject({ packets: frames.length, dropped });
    // Its queue pair has another number at each place; the name that its program knows stays.
    const numbers = new Map<string, Set<number | undefined>>();
    for (const frame of frames) {
      expect(frame.comment).toMatch(/^(alice QP \d+ > guest 0x\w+ QP \d+|guest 0x\w+ QP \d+ > alice QP \d+)$/);
      if (frame.direction !== "in") continue;
      const at = numbers.get(frame.interface) ?? new Set();
      numbers.set(frame.interface, at.add(iba.dissect(frame, crc32).bth?.destQpn));
    }
    const [before, after] = [numbers.get("host-a"), numbers.get("host-c")];
    expect([...numbers.keys()].sort()).toEqual(["host-a", "host-c"]);
    expect([...(before ?? [])].filter((qpn) => after?.has(qpn))).toEqual([]);
  });

  test("a capture ends after so many packets, and without a file prints them", { timeout: 30_000 }, async () => {
    const ended = await lab.workspace.run("capture", "--host", "host-b", "--peer", "host-c", "--count", "25");
    const lines = ended.stdout.trimEnd().split("\n");
    expect(lines, ended.stderr).toHaveLength(25);
    for (const line of lines) expect(line).toMatch(/ host-b (in|out) lid \d > lid \d RC .* icrc ok/);
  });

  test.each([
    ["an unknown guest", ["--guest", "carol"], "E_NO_GUEST"],
    ["an unknown host", ["--host", "host-z"], "E_NO_HOST"],
    ["a host and a guest at once", ["--host", "host-a", "--guest", "alice"], "E_USAGE"],
    ["a file that cannot be written", ["--guest", "alice", "--out", "no/such/place"], "E_CONFIG"],
  ])("%s is a clear error", { timeout: 20_000 }, async (_what, args, code) => {
    const ended = await lab.workspace.run("capture", ...args, "--json");
    expect(lastJson<{ error: { code: string } }>(ended).error.code).toBe(code);
  });
});
