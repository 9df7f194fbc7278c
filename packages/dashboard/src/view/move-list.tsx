import type { MoveRecord } from "@nomad/protocol/http";
import { bytes, duration } from "../model/format.ts";
import { barsOf } from "../model/timeline.ts";
import { now } from "../shell/clock.ts";
import { dashboard, version } from "./state.ts";

const shownMax = 30;

/** Moves as bars of phases, the latest first: under way they grow. */
export function MoveList() {
  version.value;
  const moves = [...dashboard.view.moves.values()].reverse().slice(0, shownMax);
  return (
    <section class="card moves" aria-label="Moves">
      <h2>Moves</h2>
      {moves.length === 0 && <p class="dim">None yet. Drag a guest to another host.</p>}
      {moves.map((move) => (
        <MoveLine key={move.id} move={move} />
      ))}
    </section>
  );
}

function MoveLine({ move }: { readonly move: MoveRecord }) {
  const underWay = move.outcome === "";
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
        {move.guest}{" "}
        <small>
          {move.from} → {move.to}
        </small>
      </h3>
      <div class="bar" role="img" aria-label={`phases of the move of ${move.guest}`}>
        {barsOf(move, elapsedMs).map(({ phase, ms, width, paused }) => (
          <span
            key={phase}
            class={paused ? "paused" : ""}
            style={{ width: `${width * 100}%` }}
            title={`${phase}: ${duration(ms)}`}
          >
            {width > 0.12 && phase}
          </span>
        ))}
      </div>
      <p class="dim">{facts.join(" · ")}</p>
    </article>
  );
}
