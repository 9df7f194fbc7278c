import type { ConnectOptions, SharedReceiveQueue, SharedReceiveQueueOptions } from "@nomad/verbs";
import { connect, type End, type EndOptions, makeEnd } from "./ends.ts";
import type { Lab } from "./lab.ts";

/** A connection whose one end takes from a shared receive queue. */
export interface SharedPair {
  readonly a: End;
  readonly b: End;
  readonly srq: SharedReceiveQueue;
}

export interface SharedPairOptions extends EndOptions {
  /** Default: 64 work requests. */
  readonly srqOptions?: SharedReceiveQueueOptions;
  readonly connection?: ConnectOptions;
}

export function sharedPair(lab: Lab, options: SharedPairOptions = {}): SharedPair {
  const { srqOptions = { maxWr: 64 }, connection, ...ends } = options;
  const a = makeEnd(lab.context(0), ends);
  const own = makeEnd(lab.context(1), ends);
  const srq = own.pd.createSrq(srqOptions);
  const b = takerOf(own, srq);
  connect(a.qp, b.qp, connection);
  return { a, b, srq };
}

/** The end with another queue pair, which takes from the shared queue. */
export function takerOf(end: End, srq: SharedReceiveQueue): End {
  return { ...end, qp: end.pd.createQp({ sendCq: end.sendCq, recvCq: end.recvCq, srq }) };
}
