import type { RecvWr, SendWr, WorkCompletion } from "@nomad/verbs";
import type { End } from "./ends.ts";
import type { Lab } from "./lab.ts";

/** Posts a receive at one end and a send at the other, and waits for the receive's completion. */
export function deliver(lab: Lab, from: End, to: End, send: SendWr, receive: RecvWr): Promise<WorkCompletion> {
  to.qp.postRecv(receive);
  from.qp.postSend(send);
  return lab.completion(to.recvCq);
}

/** A key that was never given out: another variant of one that was. */
export function wrongKey(key: number): number {
  return (key ^ 0x55) >>> 0;
}
