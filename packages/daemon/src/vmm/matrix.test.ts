import { type Image, loadImage } from "@nomad/guest";
import { beforeAll, expect, test } from "vitest";
import { type HostedGuest, TestHosts } from "./testing/test-hosts.ts";

/** Messages of one batch: what may be under way, and lost, when a guest is moved. */
const BATCH = 8;
let image: Image;

beforeAll(async () => {
  image = await loadImage("matrix");
});

interface Report {
  readonly connections?: readonly { readonly status: string; readonly delivered: number; readonly lost: number }[];
  readonly handles?: number;
  readonly verified?: boolean;
}

const reportOf = (guest: HostedGuest) => JSON.parse(guest.report) as Report;
const sum = (guests: readonly HostedGuest[], count: "delivered" | "lost") =>
  guests.reduce((total, guest) => total + (reportOf(guest).connections?.[0]?.[count] ?? 0), 0);

async function goOn(guests: readonly HostedGuest[]): Promise<void> {
  const before = sum(guests, "delivered");
  const seen = () => [sum(guests, "delivered") > before, ...guests.map((g) => reportOf(g).connections?.[0]?.status)];
  await expect.poll(seen, { timeout: 20_000 }).toEqual([true, ...guests.map(() => "ok")]);
}

/** The program's own verdict at its end; its lines tell what was wrong. */
async function end(guests: readonly HostedGuest[]): Promise<void> {
  for (const guest of guests) guest.vm.shutdown();
  const codes = await Promise.all(guests.map((guest) => guest.exited.promise));
  expect(codes, guests.flatMap((guest) => guest.lines).join("\n")).toEqual(guests.map(() => 0));
  for (const guest of guests) expect(reportOf(guest)).toMatchObject({ verified: true });
}

test.each([
  ["rc", "send-inv", 0],
  ["rc", "mw-write-2", 0],
  ["rc", "srq-recv", 0],
  ["uc", "write-imm", 3 * BATCH],
  ["ud", "send", 3 * BATCH],
  ["ud-mcast", "send-imm", 3 * BATCH],
])(
  "%s %s: messages arrive while both ends move, and every handle keeps its meaning",
  {
    timeout: 60_000,
  },
  async (transport, operation, lostMax) => {
    await using hosts = new TestHosts(3, "clash");
    const given = { transport, operation, interval: "1" };
    const alice = await hosts.boot(1, image, { ...given, name: "alice", peer: "bob", role: "send" });
    const bob = await hosts.boot(2, image, { ...given, name: "bob", peer: "alice", role: "receive" });
    await goOn([alice, bob]);
    for (const [guest, to] of [
      [bob, 3],
      [alice, 3],
      [bob, 1],
    ] as const) {
      await hosts.move(guest, image, to);
      await goOn([alice, bob]);
    }
    await end([alice, bob]);
    expect(sum([alice, bob], "lost")).toBeLessThanOrEqual(lostMax);
  },
);

test("a guest that talks to itself goes on wherever it is moved", { timeout: 60_000 }, async () => {
  await using hosts = new TestHosts(2, "clash");
  const given = { name: "alice", peer: "alice", role: "both", operation: "send-inv", interval: "1" };
  const alice = await hosts.boot(1, image, given);
  await goOn([alice]);
  for (const to of [2, 1]) {
    await hosts.move(alice, image, to);
    await goOn([alice]);
  }
  await end([alice]);
  expect(sum([alice], "lost")).toBe(0);
});
