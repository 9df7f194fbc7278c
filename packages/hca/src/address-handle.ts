import { type Lid, NomadError } from "@nomad/base";
import { GLOBAL_ID_BYTES, isMulticastGid, isMulticastLid } from "@nomad/iba";
import { checkRoom } from "./device-limits.ts";
import type { Port } from "./port.ts";
import type { ProtectionDomains } from "./protection-domains.ts";
import type { AhInit } from "./types.ts";

/** Where datagrams go, with every attribute; a move changes the target. */
export interface AddressHandle extends Required<Omit<AhInit, "dgid">> {
  readonly dgid: Uint8Array | null;
  dlid: Lid;
  remoteEpoch: number;
}

const SL_MAX = 15;
const FLOW_LABEL_MAX = 0xfffff;
const BYTE_MAX = 0xff;
/** Handles are spread, so that a stale or made-up one is likely to be none. */
const HANDLE_STEP_MAX = 255;

/** Address handles, by numbers that a work request names. */
export class AddressHandles {
  readonly #pds: ProtectionDomains;
  readonly #port: Port;
  readonly #max: number;
  readonly #handles = new Map<number, AddressHandle>();
  #last = 0;

  constructor(pds: ProtectionDomains, port: Port, max: number) {
    this.#pds = pds;
    this.#port = port;
    this.#max = max;
  }

  /** @throws NomadError E_VERB when an attribute is out of range. */
  create(init: AhInit): number {
    checkRoom(this.#handles.size, this.#max, "address handles");
    const handle = withDefaults(init);
    this.#check(handle);
    this.#pds.refer(init.pd, 1);
    this.#last += 1 + (this.#last % HANDLE_STEP_MAX);
    this.#handles.set(this.#last, handle);
    return this.#last;
  }

  destroy(ah: number): void {
    this.#pds.refer(this.query(ah).pd, -1);
    this.#handles.delete(ah);
  }

  query(ah: number): AddressHandle {
    const handle = this.#handles.get(ah);
    if (handle === undefined) throw new NomadError("E_VERB", `no address handle ${ah}`);
    return handle;
  }

  /** The handle that a queue pair of this domain may use, or null. */
  find(ah: number, pd: number): AddressHandle | null {
    const handle = this.#handles.get(ah);
    return handle?.pd === pd ? handle : null;
  }

  #check(handle: AddressHandle): void {
    const { dlid, isGlobal, dgid, sgidIndex, trafficClass, flowLabel, hopLimit, sl, port } = handle;
    checkNumber("dlid", dlid, 1, 0xfffe);
    checkNumber("sl", sl, 0, SL_MAX);
    checkNumber("port", port, 1, 1);
    if (isMulticastLid(dlid) && !(isGlobal && dgid !== null && isMulticastGid(dgid))) {
      throw new NomadError("E_VERB", "a multicast address needs a global route with the group's identifier");
    }
    if (!isGlobal) return;
    if (dgid?.length !== GLOBAL_ID_BYTES) throw new NomadError("E_VERB", "a global route needs a dgid of 16 bytes");
    checkNumber("sgidIndex", sgidIndex, 0, this.#port.gids.length - 1);
    checkNumber("trafficClass", trafficClass, 0, BYTE_MAX);
    checkNumber("hopLimit", hopLimit, 0, BYTE_MAX);
    checkNumber("flowLabel", flowLabel, 0, FLOW_LABEL_MAX);
  }
}

function withDefaults(init: AhInit): AddressHandle {
  const defaults = { isGlobal: false, dgid: null, sgidIndex: 0, trafficClass: 0, flowLabel: 0, hopLimit: 0, sl: 0 };
  return { ...defaults, port: 1, remoteEpoch: 0, ...init };
}

function checkNumber(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new NomadError("E_VERB", `${name} is ${value}: ${min} to ${max} is allowed`);
  }
}
