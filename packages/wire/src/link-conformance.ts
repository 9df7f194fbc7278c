import { limits, Random } from "@nomad/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Link, LinkState } from "./link.ts";

/** Two ends of one link under test. Both links buffer `conformanceBufferedBytes`. */
export interface LinkPairUnderTest {
  readonly a: Link;
  readonly b: Link;
  /** Takes the connection down, and keeps it down until mended. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Lets one turn of whatever drives the links pass. */
  turn(): Promise<void>;
  /** Frees what was made. */
  dispose(): Promise<void>;
}

export const conformanceBufferedBytes = 1024 * 1024;

/** What every kind of link must do. Conditions are awaited; the test runner bounds how long. */
export function linkConformance(name: string, makePair: () => Promise<LinkPairUnderTest>): void {
  describe(name, () => {
    let pair: LinkPairUnderTest;
    let ends: [End, End];

    const until = async (condition: () => boolean): Promise<void> => {
      while (!condition()) await pair.turn();
    };
    const bothAre = (...states: LinkState[]) => until(() => ends.every((end) => states.includes(end.link.state)));

    beforeEach(async () => {
      pair = await makePair();
      ends = [new End(pair.a), new End(pair.b)];
      await bothAre("up");
    });
    afterEach(() => pair.dispose());

    test("frames of every size arrive whole and in order, both ways at once", async () => {
      const sizes = [
        0,
        1,
        2,
        3,
        125,
        126,
        4096,
        65_535,
        65_536,
        65_537,
        limits.frameBytesMax - 1,
        limits.frameBytesMax,
      ];
      const [a, b] = ends;
      const sent = [
        sizes.map((size, i) => bytesOf(i, size)),
        sizes.toReversed().map((size, i) => bytesOf(100 + i, size)),
      ];
      for (const i of sizes.keys()) {
        a.link.send(sent[0]?.[i] as Uint8Array);
        b.link.send(sent[1]?.[i] as Uint8Array);
      }
      await until(() => ends.every((end) => end.frames.length === sizes.length));
      expect(b.frames.map(checksum)).toEqual(sent[0]?.map(checksum));
      expect(a.frames.map(checksum)).toEqual(sent[1]?.map(checksum));
    });

    test("a thousand small frames keep their order and their boundaries", async () => {
      const [a, b] = ends;
      const random = new Random(7);
      const sent = Array.from({ length: 1000 }, (_, i) => bytesOf(i, random.between(0, 300)));
      for (const frame of sent) {
        await until(() => a.link.writable);
        a.link.send(frame);
      }
      await until(() => b.frames.length === sent.length);
      expect(b.frames.map(checksum)).toEqual(sent.map(checksum));
    });

    test("a full link is not writable, and says when it is again", async () => {
      const [a, b] = ends;
      let sent = 0;
      while (a.link.writable) {
        a.link.send(bytesOf(sent, 200_000));
        sent++;
      }
      expect(a.link.bufferedBytes).toBeGreaterThan(conformanceBufferedBytes);
      const calls = a.writableCalls;
      await until(() => a.writableCalls > calls);
      expect(a.link.writable).toBe(true);
      expect(a.link.bufferedBytes).toBeLessThanOrEqual(conformanceBufferedBytes / 2);
      await until(() => b.frames.length === sent && a.link.bufferedBytes === 0);
      expect(a.writableCalls).toBe(calls + 1);
    });

    test("the memory of each frame is given back once, delivered or not", async () => {
      const [a] = ends;
      const given = Array.from({ length: 40 }, () => 0);
      const send = (i: number) => a.link.send(bytesOf(i, 100_000), () => (given[i] = (given[i] as number) + 1));
      for (let i = 0; i < 20; i++) send(i);
      await pair.cut();
      await until(() => a.link.state === "down");
      for (let i = 20; i < 40; i++) send(i);
      await until(() => given.every((times) => times > 0));
      expect(given).toEqual(given.map(() => 1));
      expect(a.link.bufferedBytes).toBe(0);
      expect(a.link.counters.framesDropped).toBeGreaterThanOrEqual(20);
    });

    test("a cut may lose frames, and neither doubles nor reorders any", async () => {
      const [a, b] = ends;
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 10; i++) a.link.send(bytesOf(round * 10 + i, 50_000));
        await pair.turn();
        await pair.cut();
        await bothAre("down");
        await pair.mend();
        await bothAre("up");
      }
      a.link.send(bytesOf(99, 10));
      await until(() => b.frames.some((frame) => numberOf(frame) === 99));
      const numbers = b.frames.map(numberOf);
      expect(numbers).toEqual([...new Set(numbers)].sort((x, y) => x - y));
      expect(a.states).toEqual(["up", "down", "up", "down", "up", "down", "up"]);
      expect(b.states).toEqual(a.states);
      expect([a.link.counters.reconnects, b.link.counters.reconnects]).toEqual([3, 3]);
    });

    test("a link that is down is not writable, drops what it is given, and is writable when it is up again", async () => {
      const [a, b] = ends;
      await pair.cut();
      await bothAre("down");
      expect(a.link.writable).toBe(false);
      a.link.send(bytesOf(1, 10));
      expect(a.link.counters.framesDropped).toBe(1);
      const calls = a.writableCalls;
      await pair.mend();
      await bothAre("up");
      expect(a.writableCalls).toBe(calls + 1);
      a.link.send(bytesOf(2, 10));
      await until(() => b.frames.length > 0);
      expect(b.frames.map(numberOf)).toEqual([2]);
    });

    test.each([0, 1] as const)("closing end %i closes it for good and takes the other down", async (closing) => {
      const [closed, other] = closing === 0 ? ends : ends.toReversed();
      closed?.link.close();
      expect(closed?.link.state).toBe("closed");
      await until(() => other?.link.state === "down");
      closed?.link.send(bytesOf(1, 10));
      expect(closed?.link.counters.framesDropped).toBe(1);
      closed?.link.close();
      expect(closed?.states).toEqual(["up", "closed"]);
    });

    test("counters agree at both ends", async () => {
      const [a, b] = ends;
      for (let i = 0; i < 5; i++) a.link.send(bytesOf(i, 1000));
      await until(() => b.frames.length === 5 && a.link.bufferedBytes === 0);
      expect(a.link.counters).toMatchObject({ framesSent: 5, bytesSent: 5000, framesDropped: 0, reconnects: 0 });
      expect(b.link.counters).toMatchObject({ framesReceived: 5, bytesReceived: 5000, framesRefused: 0 });
    });
  });
}

/** Records what happens at one end. */
class End {
  readonly link: Link;
  readonly frames: Uint8Array[] = [];
  readonly states: LinkState[] = [];
  writableCalls = 0;

  constructor(link: Link) {
    this.link = link;
    link.onFrame = (frame) => this.frames.push(Uint8Array.from(frame));
    link.onState = (state) => this.states.push(state);
    link.onWritable = () => this.writableCalls++;
  }
}

/** A frame that begins with its number, as far as it has room. */
function bytesOf(number: number, size: number): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (number * 31 + i * 7) & 0xff);
  if (size >= 2) new DataView(bytes.buffer).setUint16(0, number, true);
  return bytes;
}

const numberOf = (frame: Uint8Array): number => (frame[0] as number) | ((frame[1] as number) << 8);

const checksum = (frame: Uint8Array): string =>
  `${frame.length}:${frame.reduce((sum, byte) => (sum * 33 + byte) >>> 0, 5381)}`;
