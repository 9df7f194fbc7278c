import { QPT_UD } from "@nomad/abi";
import type { RKey, VKey, VLid } from "@nomad/base";
import type { Hca } from "@nomad/hca";
import { addressDatagram } from "./address-handles.ts";
import type { Device, Qp } from "./device.ts";
import type { BackendEvents, KeyWanted, WaitingWork } from "./events.ts";
import { type RemoteKey, RemoteKeys } from "./remote-keys.ts";
import { staleRemoteKey, translateLocalKeys, writeRemoteKey } from "./translate.ts";

type Answer = "done" | "pending" | "failed";

/** Gives work requests the adapter's names. One that needs a name of another host's waits in its send queue for a look-up. */
export class Translator {
  readonly #events: BackendEvents;
  readonly #remoteKeys = new RemoteKeys();

  constructor(events: BackendEvents) {
    this.#events = events;
  }

  /** See `HcaEvents.translate`; `wqe` is the work request's address. */
  translate(device: Device, qp: Qp, queue: "send" | "recv", wqe: number): Answer {
    if (device.kind === "guest") translateLocalKeys(device, qp, queue, wqe);
    if (queue === "recv") return "done";
    return qp.type === QPT_UD ? this.#translateTarget(device, qp, wqe) : this.#translateRemoteKey(device, qp, wqe);
  }

  learnKey(owner: VLid, vkey: VKey, key: RemoteKey): void {
    this.#remoteKeys.set(owner, vkey, key);
  }

  #translateTarget(device: Device, qp: Qp, wqe: number): Answer {
    const { unknown } = addressDatagram(device, wqe);
    if (unknown === null) return "done";
    const work = { vqpn: qp.vqpn, wqe };
    return lookUp(qp, wqe, () => this.#events.address({ vlid: device.vlid, remote: unknown, work }));
  }

  #translateRemoteKey(device: Device, qp: Qp, wqe: number): Answer {
    const vkey = staleRemoteKey(device, qp, wqe);
    if (vkey === undefined || !qp.remote) return "done";
    const owner = qp.remote.vlid;
    const rkey = this.#remoteKeys.get(owner, vkey, qp.remoteEpoch);
    if (rkey !== undefined) {
      writeRemoteKey(device, qp, wqe, rkey);
      return "done";
    }
    const wanted: KeyWanted = { kind: "work", vqpn: qp.vqpn, wqe };
    const found = lookUp(qp, wqe, () => this.#events.resolve({ vlid: device.vlid, owner, vkey, wanted }));
    if (found === "failed") writeRemoteKey(device, qp, wqe, 0 as RKey);
    return found;
  }
}

/** A work request waits for a name: asks once; `failed`, once, when there is none. */
function lookUp(qp: Qp, wqe: number, ask: () => void): "pending" | "failed" {
  if (qp.pendingKey?.wqe === wqe && qp.pendingKey.failed) {
    qp.pendingKey = null;
    return "failed";
  }
  if (qp.pendingKey?.wqe !== wqe) {
    qp.pendingKey = { wqe, failed: false };
    ask();
  }
  return "pending";
}

/** The name that a work request waits for has been looked up; `found` false when there is none. */
export function goOn(hca: Hca, device: Device | undefined, { vqpn, wqe }: WaitingWork, found: boolean): void {
  const qp = device?.qps.get(vqpn);
  if (qp?.pendingKey?.wqe !== wqe) return;
  qp.pendingKey = found ? null : { wqe, failed: true };
  hca.doorbell(qp.qpn);
}
