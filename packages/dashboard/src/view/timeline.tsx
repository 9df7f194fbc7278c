import type { MoveRecord } from "@nomad/protocol/http";
import { duration } from "../model/format.ts";
import { type Bar, closingOf, type PeerBar, wholeOf } from "../model/timeline.ts";

/** Narrower parts of a bar have no room for their name. */
const namedFrom = 0.1;
/** More peers than these are for who opens the move. */
const peersShown = 6;

const percent = (part: number): string => `${part * 100}%`;

/** A move in time: all of it, and from the suspension on enlarged, with the hosts of its peers. */
export function MoveTimeline({ move, elapsedMs }: { readonly move: MoveRecord; readonly elapsedMs: number }) {
  const closing = closingOf(move, elapsedMs);
  return (
    <>
      <Phases bars={wholeOf(move, elapsedMs).bars} label={`phases of the move of ${move.guest}`} />
      {closing && (
        <div class="closing">
          <span class="dim">last {duration(closing.ms)}</span>
          <Phases bars={closing.bars} label={`the same from the suspension of ${move.guest} on`} />
          {slowestFirst(closing.peers).map((peer) => (
            <PeerRow key={peer.host} peer={peer} />
          ))}
        </div>
      )}
    </>
  );
}

function slowestFirst(peers: readonly PeerBar[]): PeerBar[] {
  return peers.toSorted((a, b) => b.drainMs - a.drainMs).slice(0, peersShown);
}

function Phases({ bars, label }: { readonly bars: readonly Bar[]; readonly label: string }) {
  return (
    <div class="bar" role="img" aria-label={label}>
      {bars.map(({ phase, ms, width, paused }) => (
        <span
          key={phase}
          class={paused ? "paused" : ""}
          style={{ width: percent(width) }}
          title={`until ${phase}: ${duration(ms)}`}
        >
          {width > namedFrom && phase}
        </span>
      ))}
    </div>
  );
}

function PeerRow({ peer }: { readonly peer: PeerBar }) {
  const { host, from, drainWidth, heldWidth, drainMs, heldMs, suspended } = peer;
  const told = suspended
    ? `drained in ${duration(drainMs)}, held ${duration(heldMs)}`
    : `draining ${duration(drainMs)}`;
  return (
    <>
      <span class="dim">{host}</span>
      <div class="bar thin" role="img" aria-label={`peers at ${host}: ${told}`} title={told}>
        <span class="before" style={{ width: percent(from) }} />
        <span class="drain" style={{ width: percent(drainWidth) }} />
        <span class="held" style={{ width: percent(heldWidth) }} />
      </div>
    </>
  );
}
