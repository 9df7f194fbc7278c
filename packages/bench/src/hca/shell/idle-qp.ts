import type { CompletionQueue, Context, ProtectionDomain, QueuePair } from "@nomad/verbs";

/** Where connections are asked for. */
export const connectPort = 7;

export interface IdleQueues {
  readonly pd: ProtectionDomain;
  readonly cq: CompletionQueue;
}

/** What queue pairs that carry nothing share. */
export function idleQueues(context: Context): IdleQueues {
  return { pd: context.allocPd(), cq: context.createCq({ entries: 16 }) };
}

/** A queue pair with the smallest rings that there are. */
export function idleQp({ pd, cq }: IdleQueues): QueuePair {
  return pd.createQp({
    sendCq: cq,
    recvCq: cq,
    maxSendWr: 1,
    maxRecvWr: 1,
    maxSendSge: 1,
    maxRecvSge: 1,
    maxInlineData: 0,
  });
}
