import type { Lid } from "@nomad/base";
import { bthPsn, opcodeOf } from "@nomad/iba";
import type { Filter } from "./fabric.ts";

/** What a packet on the fabric is, for tests that look at or drop some. */
export interface Seen {
  readonly name: string;
  readonly psn: number;
  readonly from: Lid;
}

export function seen(packet: Uint8Array, from: Lid): Seen {
  return { name: opcodeOf(packet[0] as number).name, psn: bthPsn(packet, 0), from };
}

/** Notes every packet in `log`, and drops the first `times` that `which` picks. */
export function dropping(log: Seen[], which: (packet: Seen) => boolean, times = 1): Filter {
  let left = times;
  return (bytes, from) => {
    const packet = seen(bytes, from);
    log.push(packet);
    return !(left > 0 && which(packet) && left-- > 0);
  };
}
