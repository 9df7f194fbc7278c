import type { QpInit } from "@nomad/hca";
import type { Device, QpRecord } from "./device.ts";

/** What the adapter makes a guest's queue pair of; null when something that it names is not there. */
export function qpInit(device: Device, record: QpRecord): QpInit | null {
  const { type, sq, rq, signalAll, vqpn } = record;
  const pd = device.pds.get(record.pd);
  const [sendCq, recvCq] = [device.cqs.get(record.sendCq), device.cqs.get(record.recvCq)];
  const srq = record.srq === null ? undefined : device.srqs.get(record.srq);
  if (pd === undefined || !sendCq || !recvCq || (record.srq !== null && !srq)) return null;
  return {
    type,
    pd,
    memory: device.memory,
    sq,
    ...(rq && { rq }),
    ...(srq && { srq: srq.srqn }),
    sendCq: sendCq.cqn,
    recvCq: recvCq.cqn,
    signalAll,
    userIndex: vqpn,
    localEpoch: device.epoch,
  };
}
