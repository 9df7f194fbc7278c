import { type LabClient, LabWatch } from "nomad-rdma";
import { expect, test } from "vitest";
import { Processes } from "./kit/processes.ts";

const moves = [
  ["alice", "host-c"],
  ["bob", "host-a"],
  ["alice", "host-a"],
  ["bob", "host-c"],
  ["alice", "host-b"],
  ["bob", "host-b"],
] as const;

/** With packets always under way and no time to wait for them, nothing may be cut: the move is undone. */
async function strictly(client: LabClient): Promise<void> {
  const { id } = await client.addFault({ kind: "delay", ms: 50 });
  const refused = await client.move({ guest: "alice", to: "host-c", strict: true }, { wait: true });
  expect(refused).toMatchObject({ outcome: "aborted", error: { code: "E_DRAIN" }, cut: 0 });
  await client.liftFault(id);
}

test("queue pairs that get no time to drain are cut in the middle of everything, unless strictly not: nothing is lost or doubled", {
  timeout: 120_000,
}, async () => {
  await using lab = await Processes.start({ drainBudgetMs: 0 });
  await using events = new LabWatch(lab.client);
  const guests = ["alice", "bob"] as const;
  const delivered = () => guests.map((name) => events.view.reports.get(name)?.connections[0]?.delivered ?? 0);
  for (const [i, name] of guests.entries()) {
    const given = { name, peer: guests[1 - i] as string, role: i === 0 ? "a" : "b" };
    await lab.client.runGuest({ name, image: "pair", host: `host-${"ab"[i]}`, arguments: given });
  }
  const hearing = () => delivered().every((count) => count > 0);
  await events.until("both hear each other", hearing, 30_000);
  await strictly(lab.client);
  let cut = 0;
  for (const [guest, to] of moves) {
    const before = delivered();
    await events.until("both hear each other", () => delivered().every((count, i) => count > (before[i] ?? 0)), 30_000);
    const move = await lab.client.move({ guest, to }, { wait: true });
    expect(move).toMatchObject({ outcome: "released", error: null });
    cut += move.cut;
  }
  expect(cut).toBeGreaterThan(0);
  // One that ends lets the other end, too.
  await lab.client.stopGuest(guests[0]);
  const ended = () => guests.every((name) => events.view.guests.get(name)?.state === "exited");
  await events.until("both have ended", ended, 30_000);
  for (const name of guests) expect(await lab.client.report(name)).toMatchObject({ verified: true });
});
