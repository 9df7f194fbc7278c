import { interfaceDescription, interfaceStatistics, packetBlock, sectionHeader } from "@nomad/iba";
import { expect, test } from "vitest";
import { CaptureIntake } from "./capture-intake.ts";

const packet = (timeNs: bigint) =>
  packetBlock({ interface: 0, timeNs, direction: "in", comment: new Uint8Array() }, new Uint8Array(60));
const statistics = interfaceStatistics({ interface: 0, timeNs: 9n, received: 5, accepted: 4, dropped: 1 });
const head = [
  sectionHeader({ application: "test", comment: "" }),
  interfaceDescription({ name: "host-a", description: "" }),
];
const whole = [...head, packet(1n), packet(2n), packet(3n), statistics];
const bytes = Buffer.concat(whole);

test("what is kept is whole blocks, wherever the stream is cut", () => {
  for (let cut = 1; cut < bytes.length; cut++) {
    const intake = new CaptureIntake();
    const kept = [...intake.push(bytes.subarray(0, cut)).blocks];
    const ends = whole.map((_, i) => Buffer.concat(whole.slice(0, i + 1)).length);
    expect(Buffer.concat(kept).length).toBe(Math.max(0, ...ends.filter((end) => end <= cut)));
    kept.push(...intake.push(bytes.subarray(cut)).blocks);
    expect(Buffer.concat(kept)).toEqual(bytes);
    expect(intake).toMatchObject({ packets: 3, dropped: 1, bytes: bytes.length });
  }
});

test("packets behind the last one wanted are left out, the statistics are kept", () => {
  const intake = new CaptureIntake(2);
  const { blocks, frames } = intake.push(bytes);
  expect(Buffer.concat(blocks)).toEqual(Buffer.concat([...whole.slice(0, 4), statistics]));
  expect(frames.map(({ timeNs }) => timeNs)).toEqual([1n, 2n]);
  expect(intake.full).toBe(true);
});
