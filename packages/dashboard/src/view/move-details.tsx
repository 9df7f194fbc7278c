import type { MoveRecord } from "@nomad/protocol/http";
import { useState } from "preact/hooks";
import { duration } from "../model/format.ts";
import { factsOf } from "../model/move-facts.ts";

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
      <dl>
        {factsOf(move).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
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
    </div>
  );
}
