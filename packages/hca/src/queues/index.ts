// The program's side of work and completion queues: posting and polling, as abi/work.ts lays them out.
export { PolledQueue, type WorkCompletion } from "./polled-queue.ts";
export { RecvQueue, type RecvWr } from "./recv-queue.ts";
export { type MwBinding, SendQueue, type SendWr, type UdTarget } from "./send-queue.ts";
export type { Sge } from "./sge.ts";
export { completionQueueBytes, locationAt, recvQueueBytes, sendQueueBytes, workRingAt } from "./sizes.ts";
