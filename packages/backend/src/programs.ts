import { QPT_UD } from "@nomad/abi";
import { assert, type Qpn } from "@nomad/base";
import type { Backend } from "./backend.ts";
import type { Device, Qp, QpRecord } from "./device.ts";

/** A queue pair that a program has made at the adapter itself: its name is the number that it was made with. */
export type ProgramQp = Omit<QpRecord, "vqpn">;

/** From here on guests may connect to it, and its number may change when they move. */
export function enrolQp(backend: Backend, device: Device, qpn: Qpn, record: ProgramQp): Qp {
  assert(device.kind !== "guest" && record.type !== QPT_UD, "programs enrol connections");
  const unconnected = { remote: null, groups: [], remoteEpoch: 0, pendingKey: null };
  const vqpn = qpn as number as QpRecord["vqpn"];
  const qp: Qp = { ...record, ...unconnected, vqpn, qpn, holds: new Map(), cut: null };
  device.qps.set(vqpn, qp);
  backend.adopt(device, qp);
  return qp;
}

/** The program is about to destroy it. */
export function withdrawQp(backend: Backend, device: Device, qp: Qp): void {
  device.qps.delete(qp.vqpn);
  backend.disown(qp);
  for (const { qpn } of qp.holds.values()) if (qpn !== null) backend.hca.unreserveQpn(qpn);
}
