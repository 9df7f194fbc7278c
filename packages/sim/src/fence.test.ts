import { WC_RETRY_EXC_ERR } from "@nomad/abi";
import type { Message } from "@nomad/protocol";
import { expect, test } from "vitest";
import { pairsOf } from "./programs/pairs.ts";
import { World } from "./world.ts";

function moving(seed: number, passes?: ConstructorParameters<typeof World>[0]["passes"]) {
  const world = new World({ seed, hosts: 4, programs: pairsOf(["alice", "bob"]), ...(passes && { passes }) });
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  return { world, move: world.startMove("alice", "host-c") };
}

/** Until a host takes, or (`sent`) says, a message of this kind. */
function until(world: World, kind: Message["kind"], how: "taken" | "sent" = "taken"): void {
  let seen = false;
  const see = (message: Message) => {
    seen ||= message.kind === kind;
  };
  world.observers.add({
    control: (_from, _to, message) => how === "sent" && see(message),
    receives: (_at, message) => how === "taken" && see(message),
  });
  world.until(`${kind} is ${how}`, () => seen);
}

test("the destination dies after the decision, before it ran the guest: all hosts fence it, the guest goes back", () => {
  const { world, move } = moving(1);
  world.until("it is decided", () => move.phase === "COMMITTED");
  world.kill("host-c");
  world.until("the move ends", () => move.outcome !== "");
  expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_HOST_LOST" } });
  expect(world.central.directory.guest("alice")).toMatchObject({ host: "host-a", state: "running" });
  world.run(20);
  expect(world.move("alice", "host-d")).toMatchObject({ outcome: "released" });
  world.run(20);
  world.end("alice", "bob");
  for (const guest of ["alice", "bob"]) expect(world.report(guest)).toMatchObject({ verified: true });
});

test("the destination dies after it ran the guest, unheard by central: a peer has seen it, so the guest is lost", () => {
  let mute = false;
  const { world, move } = moving(2, (from, to) => !(mute && from === "host-c" && to === "central"));
  world.until("it is decided", () => move.phase === "COMMITTED");
  mute = true;
  world.run(5);
  world.kill("host-c");
  world.until("the move ends", () => move.outcome !== "");
  expect(move.outcome).toBe("lost");
  expect(world.stateOf("alice")).toBe("lost");
  world.until("bob has ended", () => world.stateOf("bob") !== "running");
  expect(world.report("bob").connections[0]).toMatchObject({ status: String(WC_RETRY_EXC_ERR) });
});

test("the destination dies while the guest runs there: it is lost, and nobody starts a second copy", () => {
  const { world, move } = moving(3);
  world.until("it runs", () => "running" in move.phases);
  world.kill("host-c");
  world.until("alice is lost", () => world.stateOf("alice") === "lost");
  world.until("the move ends", () => move.outcome !== "");
  expect(world.host("host-a").coordinator.guests.running.size).toBe(0);
});

test("a peer's host that hears nothing of the end asks, and goes on", () => {
  let muted = false;
  const { world, move } = moving(
    4,
    (_from, to, message) => !(muted && to === "host-b" && message.kind === "RESUME_PEER"),
  );
  muted = true;
  world.until("the guest runs at its destination", () => "running" in move.phases);
  const { qps } = world.host("host-b").coordinator.backend.devices.values().next().value ?? { qps: new Map() };
  const epoch = () => [...qps.values()][0]?.remoteEpoch;
  world.until("host-b has learned it by asking", () => epoch() === 2);
  muted = false;
  world.until("the move ends", () => move.outcome === "released");
});

test("the destination dies with the only peer on it, after it said that peers are resumed: the guest is lost", () => {
  let muted = false;
  const { world, move } = moving(5, (_from, _to, { kind }) => !(muted && kind === "RUNNING"));
  world.until("alice is at host-c", () => move.outcome === "released");
  const second = world.startMove("bob", "host-c");
  world.until("it is decided", () => second.phase === "COMMITTED");
  muted = true;
  until(world, "PEERS_RESUMED", "sent");
  world.kill("host-c");
  world.until("the move ends", () => second.outcome !== "");
  expect(second.outcome).toBe("lost");
});

test("the destination dies unheard with the only peer on it: the guest goes back, and nobody waits for the dead", () => {
  const { world, move } = moving(6);
  world.until("alice is at host-c", () => move.outcome === "released");
  const second = world.startMove("bob", "host-c");
  world.until("it is decided", () => second.phase === "COMMITTED");
  world.kill("host-c");
  world.until("the move ends", () => second.outcome !== "");
  expect(second.outcome).toBe("aborted");
  expect(world.stateOf("bob")).toBe("running");
});

test("central dies after the source was told to let go, then the destination: the guest is lost, for nobody has it", () => {
  const { world, move } = moving(7);
  world.until("alice is at host-c", () => move.outcome === "released");
  const second = world.startMove("bob", "host-c");
  until(world, "RELEASE");
  world.killCentral();
  world.run(5);
  world.restartCentral();
  world.kill("host-c");
  world.until("the move ends", () => world.central.move(second.id).outcome !== "");
  expect(world.central.move(second.id).outcome).toBe("lost");
  expect(world.stateOf("bob")).toBe("lost");
});

/** Central's process dies as soon as its disk says this of a host. */
function centralDiesKnowing(world: World, host: string, what: string): void {
  const written = () => world.disk.durable.get(`hosts ${host}`)?.value.includes(what) === true;
  world.until(`it is on disk that ${host} has ${what}`, written);
  world.killCentral();
  world.run(5);
  world.restartCentral();
}

test("the destination dies after the decision and is back at once, then central: who was not bound does not run the guest", () => {
  const { world, move } = moving(10);
  world.until("it is decided", () => move.phase === "COMMITTED");
  world.kill("host-c");
  world.startHost("host-c");
  centralDiesKnowing(world, "host-c", `"incarnation":"host-c-2"`);
  expect(world.ended(move.id)).toMatchObject({ outcome: "aborted" });
  expect(world.central.directory.guest("alice").host).toBe("host-a");
  world.run(20);
  world.end("alice", "bob");
  for (const guest of ["alice", "bob"]) expect(world.report(guest)).toMatchObject({ verified: true });
});

test("a host dies and is back at once, then central, which has written of the host only: its guest is lost", () => {
  const world = new World({ seed: 9, hosts: 3, programs: pairsOf(["alice", "bob"]) });
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  world.kill("host-a");
  world.startHost("host-a");
  centralDiesKnowing(world, "host-a", `"lost":true`);
  expect(world.stateOf("alice")).toBe("lost");
  world.until("bob has ended", () => world.stateOf("bob") !== "running");
  expect(world.report("bob").connections[0]).toMatchObject({ status: String(WC_RETRY_EXC_ERR) });
});

test("both ends of a decided move are started again before the guest ran: no copy of it is left, so it is lost", () => {
  const { world, move } = moving(6);
  world.until("it is bound", () => move.phase === "bound");
  for (const name of ["host-a", "host-c"]) {
    world.kill(name);
    world.startHost(name);
  }
  world.until("the move ends", () => move.outcome !== "");
  expect(move.outcome).toBe("lost");
  expect(world.stateOf("alice")).toBe("lost");
  world.until("bob has ended", () => world.stateOf("bob") !== "running");
  expect(world.report("bob").connections[0]).toMatchObject({ status: String(WC_RETRY_EXC_ERR) });
});
