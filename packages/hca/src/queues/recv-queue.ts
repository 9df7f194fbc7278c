import { RECV_WQE_SGES, WQE_ID, WQE_LOCAL_EPOCH, WQE_SGE_COUNT } from "@nomad/abi";
import { recvStride } from "../ring.ts";
import type { DeviceMemory, RingLocation } from "../types.ts";
import { Indices } from "./indices.ts";
import { type Sge, writeSges } from "./sge.ts";

/** A receive work request, by the names of ibv_recv_wr. */
export interface RecvWr {
  readonly id: bigint;
  readonly sges?: readonly Sge[];
}

/** A receive queue, a queue pair's own or a shared one, as a program posts to it. */
export class RecvQueue {
  readonly location: RingLocation;
  localEpoch: number;
  readonly #indices: Indices;

  constructor(memory: DeviceMemory, location: RingLocation, maxSge: number, localEpoch: number) {
    this.location = location;
    this.localEpoch = localEpoch;
    this.#indices = new Indices(memory, location, recvStride(maxSge));
  }

  get used(): number {
    return this.#indices.used;
  }

  /** Posts one; returns where it stands. */
  post(wr: RecvWr): number {
    const at = this.#indices.open();
    const { view } = this.#indices.memory;
    view.setBigUint64(at + WQE_ID, wr.id, true);
    view.setUint32(at + WQE_SGE_COUNT, wr.sges?.length ?? 0, true);
    view.setUint32(at + WQE_LOCAL_EPOCH, this.localEpoch, true);
    writeSges(view, at + RECV_WQE_SGES, wr.sges ?? []);
    this.#indices.publish();
    return at;
  }
}
