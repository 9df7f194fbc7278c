import type { MoveRecord } from "@nomad/protocol/http";
import { useState } from "preact/hooks";
import { duration } from "../model/format.ts";
import { factsOf } from "../model/move-facts.ts";
import { MoveChart } from "./move-chart.tsx";

/** What there is to know of a move, for who opens it. */
export function MoveDetails({ move }: { readonly move: MoveRecord }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="dim">All of it</summary>
      {open && <Everything move={move} />}
    </details>
  );
}

function Everything({ move }: { readonly move: MoveRecord }) {
  return (
    <div class="facts">
      <MoveChart move={move} />
      <dl>
        {factsOf(move).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <PhaseTable move={move} />
      {move.peers.length > 0 && <PeerTable move={move} />}
    </div>
  );
}

function PhaseTable({ move }: { readonly move: MoveRecord }) {
  return (
    <table>
      <thead>
        <tr>
          <th>until it was</th>
          <th>it took</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(move.phases).map(([phase, ms]) => (
          <tr key={phase}>
            <td>{phase}</td>
            <td>{duration(ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const peerColumns = ["peers at", "asked after", "drained in", "held", "cut"] as const;

function PeerTable({ move }: { readonly move: MoveRecord }) {
  return (
    <table>
      <thead>
        <tr>
          {peerColumns.map((title) => (
            <th key={title}>{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {move.peers.map(({ host, askedMs, suspendedMs, held, cut }) => (
          <tr key={host}>
            <td>{host}</td>
            <td>{duration(askedMs)}</td>
            <td>{suspendedMs === null ? "not yet" : duration(suspendedMs - askedMs)}</td>
            <td>{held}</td>
            <td>{cut}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
