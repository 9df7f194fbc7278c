import fc from "fast-check";
import { expect, test } from "vitest";
import type { MoveRecord } from "../http/index.ts";
import { type Phase, phases } from "../phase.ts";
import { AnsweringLab } from "../testing/answering-lab.ts";

const always = (): number => 0;

function finish(lab: AnsweringLab): void {
  while (lab.step(always)) {}
}

const outcomes = (moves: readonly MoveRecord[]) => moves.map(({ outcome }) => outcome);

test("a guest that moves already moves on afterwards, from where it then is", () => {
  const lab = new AnsweringLab({ hosts: 3, guests: 1, movesPerHostMax: 2, edges: [] });
  const moves = [lab.move(0, 1), lab.move(0, 2)] as MoveRecord[];
  expect(moves.map(({ from, to, place }) => ({ from, to, place }))).toEqual([
    { from: "host-0", to: "host-1", place: 0 },
    { from: "host-1", to: "host-2", place: 1 },
  ]);
  expect(lab.central.status().guests[0]).toMatchObject({ state: "moving" });
  finish(lab);
  expect(outcomes(moves)).toEqual(["released", "released"]);
  expect(lab.central.status().guests[0]).toMatchObject({ host: "host-2", state: "running", epoch: 3 });
});

test("whoever asks for a move that is under way shares it", () => {
  const lab = new AnsweringLab({ hosts: 2, guests: 1, movesPerHostMax: 2, edges: [] });
  expect(lab.move(0, 1)).toBe(lab.move(0, 1));
});

test("a guest moves back and forth as often as it was asked to", () => {
  const lab = new AnsweringLab({ hosts: 2, guests: 1, movesPerHostMax: 1, edges: [] });
  const moves = [1, 0, 1, 0].map((to) => lab.move(0, to)) as MoveRecord[];
  finish(lab);
  expect(outcomes(moves)).toEqual(moves.map(() => "released"));
});

test("a move that is aborted leaves the guest where the next one takes it up", () => {
  const lab = new AnsweringLab({ hosts: 3, guests: 1, movesPerHostMax: 2, edges: [] });
  const [first, back, on] = [lab.move(0, 1), lab.move(0, 0), lab.move(0, 2)] as MoveRecord[];
  lab.step(always, true);
  finish(lab);
  expect(outcomes([first, back, on] as MoveRecord[])).toEqual(["aborted", "aborted", "released"]);
  expect(back?.error).toEqual({ code: "E_STATE", message: "guest guest-0 runs at host-0 already" });
  expect(on).toMatchObject({ from: "host-0", to: "host-2" });
});

test("without a destination a guest goes where the fewest will be", () => {
  const lab = new AnsweringLab({ hosts: 3, guests: 6, movesPerHostMax: 1, edges: [] });
  for (const guest of ["guest-0", "guest-3"]) {
    lab.central.startMove({ guest, to: null, inject: null, token: "t" }, 0);
  }
  expect(lab.central.status().moves.map(({ to }) => to)).toEqual(["host-1", "host-2"]);
});

const exclusive = new Set<Phase>(phases.slice(phases.indexOf("peers-suspended"), phases.indexOf("peers-resumed")));

/** Moves between the suspension and the resumption of their peers that share a guest. */
function meeting(lab: AnsweringLab, edges: readonly (readonly [number, number])[]): string[] {
  const { moves, guests } = lab.central.status();
  const index = (name: string) => guests.findIndex((guest) => guest.name === name);
  const claimed = ({ guest }: MoveRecord) =>
    new Set([index(guest), ...edges.flatMap(([a, b]) => (a === index(guest) ? [b] : b === index(guest) ? [a] : []))]);
  const stopped = moves.filter(({ phase }) => exclusive.has(phase as Phase));
  return stopped.flatMap((one, i) =>
    stopped.slice(i + 1).flatMap((other) => {
      const shared = [...claimed(one)].filter((guest) => claimed(other).has(guest));
      return shared.length > 0 ? [`${one.guest} and ${other.guest}`] : [];
    }),
  );
}

function busiest(lab: AnsweringLab): number {
  const { moves, hosts } = lab.central.status();
  const underWay = moves.filter(({ outcome, place }) => outcome === "" && place === 0);
  return Math.max(...hosts.map(({ name }) => underWay.filter(({ from, to }) => from === name || to === name).length));
}

const labs = fc.integer({ min: 2, max: 5 }).chain((hosts) =>
  fc.integer({ min: 1, max: 8 }).chain((guests) =>
    fc.record({
      hosts: fc.constant(hosts),
      guests: fc.constant(guests),
      movesPerHostMax: fc.integer({ min: 1, max: 3 }),
      edges: fc.array(fc.tuple(fc.nat(guests - 1), fc.nat(guests - 1)), { maxLength: 12 }),
      wishes: fc.array(fc.tuple(fc.nat(guests - 1), fc.nat(hosts - 1)), { minLength: 1, maxLength: 24 }),
    }),
  ),
);

test("whatever is connected, asked for, answered first or refused: no deadlock, no limit exceeded, no two stops that meet", () => {
  fc.assert(
    fc.property(labs, fc.infiniteStream(fc.nat(1_000_000)), (o, random) => {
      const lab = new AnsweringLab(o);
      const next = () => random.next().value as number;
      const wishes = [...o.wishes];
      for (let goesOn = true; goesOn; ) {
        const wish = next() % 3 === 0 ? wishes.pop() : undefined;
        if (wish) lab.move(...wish);
        goesOn = lab.step((count) => next() % Math.max(1, count), next() % 16 === 0) || wishes.length > 0;
        expect(busiest(lab)).toBeLessThanOrEqual(o.movesPerHostMax);
        expect(meeting(lab, o.edges)).toEqual([]);
      }
      const { moves, guests } = lab.central.status();
      expect(moves.filter(({ outcome }) => outcome === "")).toEqual([]);
      expect(guests.filter(({ state }) => state !== "running")).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
