import type { VLid } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import type { Log } from "./event-log.ts";

/**
 * Writes a host's log of its part in moves: a line for each thing that it is asked to do in one, by whom. What is asked
 * again because no answer came is one line. `nameOf`: of a guest that is here; peers' guests are known by their vLIDs.
 */
export function partLog(log: Log, nameOf: (vlid: VLid) => string | undefined): (from: string, m: Message) => void {
  /** The move in which it was asked last, by guest and kind. */
  const asked = new Map<string, string>();
  /** Guests that are on their way here. */
  const prepared = new Map<VLid, string>();
  return (from, message) => {
    if (!("move" in message) || !("id" in message)) return;
    const { kind, move, vlid } = message;
    const key = `${vlid} ${kind}`;
    if (asked.get(key) === move) return;
    asked.set(key, move);
    if (kind === "PREPARE") prepared.set(vlid, message.name);
    const guest = nameOf(vlid) ?? prepared.get(vlid) ?? `vlid ${vlid}`;
    log.info({ move, guest, from, message: kind }, `move ${move}: ${kind} from ${from}`);
  };
}
