import type { VLid } from "@nomad/base";
import { phases } from "../../../phase.ts";
import type { Move } from "../../move.ts";
import type { Claims } from "../protocol.ts";

// Moves are under way side by side, but two that meet at a connection stop one after the other: from SUSPEND until its
// peers have resumed, a move claims its guest and all guests connected to it. Whoever was planned first goes first, so
// that no two wait for each other.

const order = new Map(phases.map((phase, i) => [phase, i]));
const suspended = order.get("suspended") ?? 0;

function claimed(move: Move): Set<VLid> {
  return new Set([move.vlid, ...move.peers]);
}

function meet(a: Move, b: Move): boolean {
  const mine = claimed(a);
  return [...claimed(b)].some((vlid) => mine.has(vlid));
}

/** May this move suspend its guest, or (suspended, with all peers known) go on to suspend the peers? */
function mayGoOn(move: Move, active: Iterable<Move>): boolean {
  for (const other of active) {
    if (other === move || !other.claiming || !meet(move, other)) continue;
    const further = (order.get(other.phase) ?? 0) > suspended;
    if (!move.claiming || further || other.order < move.order) return false;
  }
  return true;
}

export const claims: Claims = { needed: new Set(["precopy", "suspended"]), until: "peers-resumed", mayGoOn };
