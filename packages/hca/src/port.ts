import { PORT_ACTIVE, PORT_ARMED, PORT_DOWN, PORT_INIT } from "@nomad/abi";
import { type Lid, limits, NomadError } from "@nomad/base";
import { GLOBAL_ID_BYTES, gidOf, mtuBytes, PARTITION_MASK, PKEY_DEFAULT } from "@nomad/iba";
import type { PortEventKind } from "./types.ts";

export type PortState = typeof PORT_DOWN | typeof PORT_INIT | typeof PORT_ARMED | typeof PORT_ACTIVE;

/** The port's attributes (ibv_port_attr); its counters are the adapter's. */
export interface PortAttributes {
  readonly state: PortState;
  readonly lid: Lid;
  readonly maxMtu: number;
  readonly activeMtu: number;
  readonly maxMsgSz: number;
  readonly gidTblLen: number;
  readonly pkeyTblLen: number;
  readonly badPkeyCntr: number;
  readonly qkeyViolCntr: number;
}

/** Enum ibv_mtu of the largest packets that links take. */
const MTU_LARGEST = 5;
/** Payload of the largest packet: the size of the largest datagram. */
export const PORT_MTU_BYTES = mtuBytes(MTU_LARGEST) as number;
const TABLE_ENTRIES_MAX = 128;

/** The adapter's one port: what a subnet manager assigns. It starts in the default partition, with one GID. */
export class Port {
  readonly lid: Lid;
  state: PortState;
  pkeys: readonly number[] = [PKEY_DEFAULT];
  gids: readonly Uint8Array[];
  readonly #tell: (kind: PortEventKind) => void;

  constructor(lid: Lid, state: PortState, tell: (kind: PortEventKind) => void) {
    this.lid = lid;
    this.state = state;
    this.gids = [gidOf(lid)];
    this.#tell = tell;
  }

  get active(): boolean {
    return this.state === PORT_ACTIVE;
  }

  /** A port that is not active neither sends nor takes packets. @throws NomadError E_VERB */
  setState(state: PortState): void {
    if (![PORT_DOWN, PORT_INIT, PORT_ARMED, PORT_ACTIVE].includes(state)) {
      throw new NomadError("E_VERB", `no port is in state ${state}`);
    }
    const was = this.active;
    this.state = state;
    if (was !== this.active) this.#tell(this.active ? "PORT_ACTIVE" : "PORT_ERR");
  }

  /** The table of partitions, by index; 0 for none. @throws NomadError E_VERB */
  setPkeys(pkeys: readonly number[]): void {
    checkLength(pkeys.length);
    const wrong = pkeys.find((pkey) => !Number.isInteger(pkey) || pkey < 0 || pkey > 0xffff);
    if (wrong !== undefined) throw new NomadError("E_VERB", `P_Key ${wrong} does not have 16 bits`);
    this.pkeys = [...pkeys];
    this.#tell("PKEY_CHANGE");
  }

  /** The table of global identifiers; the first is what datagrams come from. @throws NomadError E_VERB */
  setGids(gids: readonly Uint8Array[]): void {
    checkLength(gids.length);
    if (gids.some((gid) => gid.length !== GLOBAL_ID_BYTES)) throw new NomadError("E_VERB", "a GID has 16 bytes");
    this.gids = gids.map((gid) => gid.slice());
    this.#tell("GID_CHANGE");
  }

  /** Another subnet manager has taken the subnet over: who had told the one before of itself tells this one. */
  managerChanged(): void {
    this.#tell("SM_CHANGE");
    this.#tell("CLIENT_REREGISTER");
  }

  /** The P_Key at an index of the table; 0, which is in no partition, when there is none. */
  pkey(index: number): number {
    return this.pkeys[index] ?? 0;
  }

  /** Where the partition of a packet that was taken stands in the table. */
  pkeyIndex(pkey: number): number {
    const index = this.pkeys.findIndex((own) => (own & PARTITION_MASK) === (pkey & PARTITION_MASK));
    return Math.max(0, index);
  }

  attributes(badPkeyCntr: number, qkeyViolCntr: number): PortAttributes {
    return {
      state: this.state,
      lid: this.lid,
      maxMtu: MTU_LARGEST,
      activeMtu: MTU_LARGEST,
      maxMsgSz: limits.messageBytesMax,
      gidTblLen: this.gids.length,
      pkeyTblLen: this.pkeys.length,
      badPkeyCntr,
      qkeyViolCntr,
    };
  }
}

function checkLength(entries: number): void {
  if (entries < 1 || entries > TABLE_ENTRIES_MAX) {
    throw new NomadError("E_VERB", `a table of ${entries} entries: 1 to ${TABLE_ENTRIES_MAX} are allowed`);
  }
}
