// The control path: a guest's driver asks the back-end. Arguments and results are u32 words in the mailbox; u64 takes
// two words, low first. Each call carries a sequence number; a repeat of the last one gets the same answer.

/** in: -. out: pd */
export const HC_ALLOC_PD = 1;
/** in: pd */
export const HC_DEALLOC_PD = 2;
/** in: pd, addr, length, access. out: v-key, lkey, rkey. (u32 addresses: guests are wasm32.) */
export const HC_REG_MR = 3;
/** in: v-key */
export const HC_DEREG_MR = 4;
/** in: record, ring, entries, channel: the address of a u32 that is raised and notified with each event, or 0. out: cq */
export const HC_CREATE_CQ = 5;
/** in: cq */
export const HC_DESTROY_CQ = 6;
/**
 * in: type (QPT_*), pd, send cq, recv cq, sq record, sq ring, sq entries, rq record, rq ring, rq entries, max send sge,
 * max recv sge, signal all, srq (0 for none; then the receive queue above is none). out: vQPN
 */
export const HC_CREATE_QP = 7;
/**
 * in: vQPN, mask (QP_*), state, access, path mtu, timeout, retry count, rnr retry, rq psn, sq psn, max rd atomic,
 * max dest rd atomic, min rnr timer, dest vQPN, dest vLID, Q_Key, P_Key index, port, current state, SQD notify. With a
 * destination, to RTR, it waits until that has been looked up.
 */
export const HC_MODIFY_QP = 8;
/**
 * in: vQPN. out: state, sq psn, rq psn, dest vQPN, dest vLID, type, access, path mtu, timeout, retry count, rnr retry, max rd
 * atomic, max dest rd atomic, min rnr timer, Q_Key, P_Key index, SQD draining
 */
export const HC_QUERY_QP = 9;
/** in: vQPN */
export const HC_DESTROY_QP = 10;
/** in: owner's vLID, v-rkey. out: rkey, owner's epoch */
export const HC_RESOLVE_RKEY = 11;
/** in: first index (v-key >> 8). out words: count, then (v-key, lkey) each, by v-key; again after the last until count is 0. */
export const HC_QUERY_LKEYS = 12;
/** in data: key, "\n", value. Publishes a value under a name, for any guest: how programs exchange addresses. */
export const HC_PUBLISH = 13;
/** in data: key. out data: the value. -EAGAIN when it is not there yet. */
export const HC_LOOKUP = 14;
/** in data: JSON that the program reports (see guest reports); the last one counts. */
export const HC_REPORT = 15;
/** in data: one line of text. */
export const HC_LOG = 16;
/**
 * in: pd, record (AH_*), target's vLID or a group's multicast LID, service level, is global. in data, when global: the
 * target's GID, 16 bytes. out: ah
 */
export const HC_CREATE_AH = 17;
/** in: ah. out: pd, target's vLID or multicast LID, service level */
export const HC_QUERY_AH = 18;
/** in: ah */
export const HC_DESTROY_AH = 19;
/** in: vQPN, multicast LID. in data: the group's GID, 16 bytes. */
export const HC_ATTACH_MCAST = 20;
/** as HC_ATTACH_MCAST */
export const HC_DETACH_MCAST = 21;
/** in: pd, record, ring, entries, max sge. out: srq */
export const HC_CREATE_SRQ = 22;
/** in: srq, mask (SRQ_*), limit, record, ring, entries */
export const HC_MODIFY_SRQ = 23;
/** in: srq. out: limit, work requests posted, entries, max sge */
export const HC_QUERY_SRQ = 24;
/** in: srq */
export const HC_DESTROY_SRQ = 25;
/** in: pd, type (MW_TYPE_*). out: v-rkey */
export const HC_ALLOC_MW = 26;
/** in: any v-rkey that the window has had. out: the one it has now, type, bytes bound, their address, access */
export const HC_QUERY_MW = 27;
/** in: any v-rkey that the window has had */
export const HC_DEALLOC_MW = 28;
/** in: cq, record, ring, entries. What is not polled moves along. */
export const HC_RESIZE_CQ = 29;
/** in: cq. out: entries, overrun */
export const HC_QUERY_CQ = 30;
/** in: v-key. out: pd, address, length, access */
export const HC_QUERY_MR = 31;
/** out: EVENT_*, the number of what it is about (vQPN, cq, srq or port). -EAGAIN when there is none. */
export const HC_GET_ASYNC_EVENT = 32;

// Status: 0 or a negative errno (Linux's numbers).
export const ENOENT = 2;
export const EIO = 5;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EINVAL = 22;
export const ENOSYS = 38;
export const ETIMEDOUT = 110;
export const EHOSTUNREACH = 113;
