import { EHOSTUNREACH, WC_RETRY_EXC_ERR } from "@nomad/abi";
import { expect, test } from "vitest";
import { World } from "../world.ts";
import { ProgramPeer, partner, Tally } from "./testing/program-peer.ts";

// Programs that are no guests, as peers.

/** Alice, a guest on host-a, and a program at a port of its own, connected and talking. */
async function talking({ raw, ...how }: { readonly raw: boolean; readonly drainBudgetMs?: number }) {
  const alice = new Tally();
  const world = new World({ seed: 1, hosts: 3, programs: { alice: partner("alice", "program", alice) }, ...how });
  world.boot("alice", "alice", "host-a");
  const program = new ProgramPeer(world, "port-a", raw);
  await program.connect("program", "alice");
  world.run(20);
  expect(alice.received.length).toBeGreaterThan(10);
  return { world, alice, program };
}

/** Both ends finish; all that was sent has come, once and in order. */
function verify({ world, alice, program }: Awaited<ReturnType<typeof talking>>): void {
  program.end();
  world.until("the program has no work under way", () => program.idle);
  world.end("alice");
  expect([alice.failed, program.tally.failed]).toEqual([null, null]);
  expect([alice.inOrder, program.tally.inOrder]).toEqual([true, true]);
  expect([alice.received.length, program.tally.received.length]).toEqual([program.tally.sent, alice.sent]);
  expect(program.counter).toBe(alice.added);
}

test("rule 20: a program over the verbs library takes part in a guest's moves, and keeps its handles", async () => {
  // Cut each time, its queue pair gets another number each time.
  const lab = await talking({ raw: false, drainBudgetMs: 0 });
  const { world, alice, program } = lab;
  const { qpn } = program.qp;
  const numbers = [program.qp.number];
  for (const to of ["host-b", "host-c", "host-a"]) {
    const move = world.move("alice", to);
    expect(move).toMatchObject({ outcome: "released", forsaken: [] });
    const before = alice.received.length;
    world.run(10);
    expect(alice.received.length).toBeGreaterThan(before);
    numbers.push(program.qp.number);
  }
  expect(program.qp.qpn).toBe(qpn);
  expect(new Set(numbers).size).toBe(4);
  verify(lab);
});

test("rule 20: a move that is undone leaves a program's connection as it was", async () => {
  const lab = await talking({ raw: false });
  const { number } = lab.program.qp;
  expect(lab.world.move("alice", "host-b", "flip-page")).toMatchObject({ error: { code: "E_DIGEST" } });
  expect(lab.program.qp.number).toBe(number);
  verify(lab);
});

test("rule 20: a raw context pins the guest that it is connected to, and neither of them is disturbed", async () => {
  const lab = await talking({ raw: true });
  const { world, program } = lab;
  const move = world.move("alice", "host-b");
  expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_PINNED" } });
  expect(move.error?.message).toContain(`queue pair ${program.qp.qpn} at port-a`);
  expect(world.central.directory.guest("alice").host).toBe("host-a");
  world.run(10);
  verify(lab);
});

test("rule 20: a forced move forsakes what pins the guest: that connection fails as real hardware fails it", async () => {
  const { world, alice, program } = await talking({ raw: true });
  const move = world.move("alice", "host-b", "forced");
  const forsaken = [{ host: "port-a", vqpn: program.qp.qpn }];
  expect(move).toMatchObject({ outcome: "released", force: true, forsaken });
  world.until("alice has ended", () => world.stateOf("alice") !== "running");
  world.until("the program has failed", () => program.tally.failed !== null);
  expect([alice.failed, program.tally.failed]).toEqual([WC_RETRY_EXC_ERR, "WC_RETRY_EXC_ERR"]);
  expect([alice.inOrder, program.tally.inOrder]).toEqual([true, true]);
});

test("rule 20: where no program is, guests find nobody to connect to", async () => {
  const alice = new Tally();
  const world = new World({ seed: 1, hosts: 2, programs: { alice: partner("alice", "nobody", alice) } });
  world.boot("alice", "alice", "host-a");
  const vlid = world.hostProcess("host-b").lid;
  world.central.directory.published.set("nobody", JSON.stringify({ vlid, vqpn: 7, vkey: 0, data: 0 }));
  expect(() => world.run(50)).toThrow(`errno ${EHOSTUNREACH}`);
});
