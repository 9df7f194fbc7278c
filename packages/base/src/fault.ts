/** What may happen to a control message, a packet or a frame of pages on its way; the same words in simulations and in labs. */
export const faultKinds = ["pass", "delay", "drop", "duplicate", "reorder", "corrupt", "cut"] as const;
export type FaultKind = (typeof faultKinds)[number];

/**
 * What travels between processes: messages of central and a host (control) and of two hosts (peer), packets (wire), the
 * pages of moving guests (bulk). And what goes from central to its disk (journal).
 */
export const ruledTraffic = ["control", "peer", "wire", "bulk", "journal"] as const;
export type RuledTraffic = (typeof ruledTraffic)[number];
