import { type Image, loadImage } from "@nomad/guest";
import { beforeAll, describe, expect, test } from "vitest";
import { type HostedGuest, TestHosts } from "./testing/test-hosts.ts";

let image: Image;

beforeAll(async () => {
  image = await loadImage("pair");
});

interface Report {
  readonly guest: string;
  readonly connections: readonly Record<string, string | number>[];
  readonly atomics: { readonly expected: number; readonly actual: number };
  readonly verified: boolean;
}

const reportOf = (guest: HostedGuest) => JSON.parse(guest.report) as Report;
const connected = (guest: HostedGuest) => expect.poll(() => guest.lines, { timeout: 20_000 }).not.toEqual([]);
const delivered = (guest: HostedGuest) => Number(reportOf(guest).connections?.[0]?.delivered ?? 0);

async function bootPair(hosts: TestHosts): Promise<[HostedGuest, HostedGuest]> {
  const alice = await hosts.boot(1, image, { name: "alice", peer: "bob", seed: "11" });
  const bob = await hosts.boot(2, image, { name: "bob", peer: "alice", seed: "11", dirty: "1" });
  await connected(alice);
  await connected(bob);
  return [alice, bob];
}

describe("two guests of the pair program", () => {
  test("verify every message while both move, meet on one host and part again", async () => {
    await using hosts = new TestHosts(3);
    const [alice, bob] = await bootPair(hosts);
    for (const [guest, to] of [
      [alice, 3],
      [bob, 3],
      [bob, 1],
      [alice, 2],
      [bob, 2],
      [alice, 1],
    ] as const) {
      await hosts.move(guest, image, to);
      const before = delivered(guest);
      await expect.poll(() => delivered(guest), { timeout: 20_000 }).toBeGreaterThan(before);
    }
    alice.vm.shutdown();
    expect(await alice.exited.promise).toBe(0);
    expect(await bob.exited.promise).toBe(0);
    for (const guest of [alice, bob]) {
      const { connections, atomics, verified } = reportOf(guest);
      const none = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };
      expect(connections[0]).toMatchObject({ status: "ok", ...none });
      expect(connections[0]?.delivered).toBeGreaterThan(1000);
      expect(atomics.actual).toBe(atomics.expected);
      expect(atomics.actual).toBeGreaterThan(100);
      expect(verified).toBe(true);
      expect(guest.lines.at(-1)).toMatch(/^(alice|bob) <-> (bob|alice) +ok/);
    }
  });

  test("end with what real hardware says when the other's host dies", async () => {
    await using hosts = new TestHosts(2);
    const [alice] = await bootPair(hosts);
    await hosts.kill(2);
    expect(await alice.exited.promise).toBe(1);
    expect(reportOf(alice)).toMatchObject({
      connections: [{ peer: "bob", status: "IBV_WC_RETRY_EXC_ERR" }],
      verified: false,
    });
    expect(alice.lines.some((line) => line.includes("failed: IBV_WC_RETRY_EXC_ERR"))).toBe(true);
  });

  test("find a byte that was changed behind their backs", async () => {
    await using hosts = new TestHosts(2);
    const [alice, bob] = await bootPair(hosts);
    const bytes = new Uint8Array(bob.vm.memory);
    const cold = 8 * 1024 * 1024; // within the memory that the program fills once and checks at the end
    bytes[cold] = (bytes[cold] ?? 0) ^ 1;
    alice.vm.shutdown();
    expect(await alice.exited.promise).toBe(0);
    expect(await bob.exited.promise).toBe(1);
    expect(reportOf(bob).verified).toBe(false);
  });
});
