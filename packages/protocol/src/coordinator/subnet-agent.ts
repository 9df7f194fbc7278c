import { PORT_ACTIVE, PORT_ARMED, PORT_DOWN } from "@nomad/abi";
import type { Hca } from "@nomad/hca";
import { type PortSettings, type PortStateName, portStateNames } from "../schema.ts";

/** The subnet management agent of a host (IBA 14.1.2): does to its port what the subnet manager says. */
export class SubnetAgent {
  readonly #hca: Hca;
  /** The subnet manager that has spoken last: central's generation. */
  #manager: number | null = null;

  constructor(hca: Hca) {
    this.#hca = hca;
  }

  /** As the subnet manager reads it from the port. */
  get state(): PortStateName {
    return portStateNames[this.#hca.queryPort().state] ?? "DOWN";
  }

  /** The port as it is to be. It goes from INIT by ARMED to ACTIVE the first time; after that only what differs is changed. */
  set({ gids, pkeys }: PortSettings, manager: number): void {
    const hca = this.#hca;
    const { gidTblLen, pkeyTblLen } = hca.queryPort();
    const [ownGids, ownPkeys] = [
      tableOf(gidTblLen, (i) => hca.queryGid(i)),
      tableOf(pkeyTblLen, (i) => hca.queryPkey(i)),
    ];
    if (String(ownGids) !== String(gids)) hca.setGids(gids);
    if (String(ownPkeys) !== String(pkeys)) hca.setPkeys(pkeys);
    if (this.#manager === null) {
      hca.setPortState(PORT_ARMED);
      hca.setPortState(PORT_ACTIVE);
    } else if (this.#manager !== manager) {
      hca.subnetManagerChanged();
    }
    this.#manager = manager;
  }

  /** The subnet has given the host up: what it sends is not taken any more. */
  fenced(): void {
    this.#hca.setPortState(PORT_DOWN);
  }
}

const tableOf = <T>(length: number, at: (index: number) => T): T[] => Array.from({ length }, (_, i) => at(i));
