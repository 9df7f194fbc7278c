import type { VQpn } from "@nomad/base";
import { Watch } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import type { Device, DeviceSnapshot } from "../device.ts";
import { type QpTold, recordDevice, recordQp } from "./changes.ts";
import { heldWork } from "./held-work.ts";

/** What a guest has while it runs, told a few queue pairs at a time; from then on the adapter notes which of those it stirs. */
export class Preview {
  readonly objects: Omit<DeviceSnapshot, "qps">;
  readonly told = new Map<VQpn, QpTold>();
  readonly watch = new Watch();
  /** Queue pairs that were not at rest when it was their turn. */
  readonly untold: VQpn[] = [];
  readonly #backend: Backend;
  readonly #device: Device;
  readonly #waiting: VQpn[];

  constructor(backend: Backend, device: Device) {
    this.#backend = backend;
    this.#device = device;
    this.objects = recordDevice(backend, device);
    this.#waiting = [...device.qps.keys()];
  }

  get isComplete(): boolean {
    return this.#waiting.length === 0;
  }

  /** Of the next queue pairs, `max` at most, those that are there and at rest. */
  next(max: number): QpTold[] {
    return this.#waiting.splice(0, max).flatMap((vqpn) => {
      const qp = this.#device.qps.get(vqpn);
      if (!qp) return [];
      const isHeld = heldWork(this.#device, [qp]) > 0;
      const snapshot = isHeld ? null : this.#backend.hca.snapshotAtRest(qp.qpn, this.watch);
      if (!snapshot) {
        this.untold.push(vqpn);
        return [];
      }
      const told = { ...recordQp(qp), snapshot };
      this.told.set(vqpn, told);
      return [told];
    });
  }
}
