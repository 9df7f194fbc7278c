import type { MoveRecord } from "@nomad/protocol/http";
import { hasEnded } from "@nomad/protocol/http/view";
import { useEffect, useState } from "preact/hooks";
import { bytes, duration } from "../model/format.ts";
import { every, now } from "../shell/clock.ts";
import { MoveDetails } from "./move-details.tsx";
import { dashboard, version } from "./state.ts";
import { MoveTimeline } from "./timeline.tsx";
import { recallPackets } from "./watched.ts";

/** So many at first: of a lab that has been up for long there may be thousands. */
const shownAtFirst = 20;

/** Moves as bars of phases, the latest first: under way they grow. Those of a central before this one are in its journal. */
export function MoveList() {
  version.value;
  const [all, showAll] = useState(false);
  const known = [...dashboard.view.moves.values()].reverse();
  const moves = all ? known : known.slice(0, shownAtFirst);
  return (
    <section class="card moves" aria-label="Moves">
      <h2>Moves</h2>
      {moves.length === 0 && <p class="dim">None yet. Drag a guest to another host.</p>}
      {moves.length > 0 && <Legend />}
      {moves.map((move) => (
        <MoveLine key={move.id} move={move} />
      ))}
      {known.length > moves.length && (
        <button type="button" onClick={() => showAll(true)}>
          Show all {known.length}
        </button>
      )}
    </section>
  );
}

function isAlive(guest: string): boolean {
  const known = dashboard.view.guests.get(guest);
  return known !== undefined && !hasEnded(known);
}

function PacketsButton({ guest }: { readonly guest: string }) {
  const recall = () => {
    recallPackets(guest);
    document.querySelector(".packets")?.scrollIntoView({ behavior: "smooth" });
  };
  return (
    <button type="button" class="quiet" onClick={recall}>
      Packets
    </button>
  );
}

function Legend() {
  return (
    <p class="legend dim">
      <span>the way to a phase</span>
      <span class="paused">the guest stands still</span>
      <span class="drain">a host's peers drain</span>
      <span class="held">they are held</span>
    </p>
  );
}

const growMs = 100;

/** Shows a part of the page again and again while something is under way. */
function useGrowth(underWay: boolean): void {
  const [, grow] = useState(0);
  useEffect(() => (underWay ? every(growMs, () => grow((times) => times + 1)) : undefined), [underWay]);
}

function MoveLine({ move }: { readonly move: MoveRecord }) {
  const underWay = move.outcome === "";
  useGrowth(underWay);
  const elapsedMs = underWay ? now() - (dashboard.phaseSince.get(move.id) ?? now()) : 0;
  const facts = [
    underWay ? move.phase : move.outcome,
    !underWay && `${duration(move.totalMs)}, paused ${duration(move.pausedMs)}`,
    `${move.rounds} rounds, ${bytes(move.bytes)}, ${move.pagesWhileStopped} pages while stopped`,
    move.held > 0 && `${move.held} work requests held`,
    move.error && `${move.error.code}: ${move.error.message}`,
  ].filter(Boolean);
  return (
    <article class={`move ${underWay ? "under-way" : move.outcome}`} data-move={move.id}>
      <h3>
        {move.guest}
        <small>
          {move.from} → {move.to}
        </small>
        {!underWay && isAlive(move.guest) && <PacketsButton guest={move.guest} />}
      </h3>
      <MoveTimeline move={move} elapsedMs={elapsedMs} />
      <p class="dim">{facts.join(" · ")}</p>
      <MoveDetails move={move} />
    </article>
  );
}
