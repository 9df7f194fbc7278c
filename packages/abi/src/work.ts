// Work queues and completion queues in guest memory.
//
// A queue is a ring of fixed strides and a record of indices. Indices count entries ever put or taken (u32, wrapping);
// entry n is at slot n % entries; entries is a power of two, so that wrapping does no harm.

// --- queue record (64 bytes, aligned to 64): one each for a send queue, a receive queue and a completion queue ---
/** u32. Send and receive queues: written by the guest, atomically, after the entries. Completion queues: by the HCA. */
export const QUEUE_PRODUCER = 0;
/** u32. Send and receive queues: written by the HCA. Completion queues: by the guest. */
export const QUEUE_CONSUMER = 4;
/** u32, completion queue: CQ_ARM_NONE, CQ_ARM_ANY or CQ_ARM_SOLICITED. Written by the guest; cleared by the HCA. */
export const QUEUE_ARM = 8;
/** u32, completion queue: raised by the HCA with each event; the guest waits on it. */
export const QUEUE_EVENTS = 12;
/** u32, send queue: the peer's epoch as the host knows it, 0 before it is known. Written by the host. */
export const QUEUE_REMOTE_EPOCH = 16;
/** u32, completion queue: non-zero after an overrun. Written by the HCA. */
export const QUEUE_OVERRUN = 20;
export const QUEUE_RECORD_BYTES = 64;

// --- address handle record (64 bytes, aligned to 64): where its target was when last looked up. Written by the host; the
// library copies it into work requests for the same queue pair, which then need no translation. ---
/** u32: odd while the host writes; a copy counts if it was the same even number before and after. */
export const AH_VERSION = 0;
/** u32: the adapter's address handle, valid under AH_LOCAL_EPOCH. */
export const AH_HANDLE = 4;
export const AH_LOCAL_EPOCH = 8;
/** u32: the queue pair looked up last, as the program knows it; 0 for none. */
export const AH_V_QPN = 12;
/** u32: its number on the target's adapter, valid under AH_REMOTE_EPOCH. */
export const AH_QPN = 16;
export const AH_REMOTE_EPOCH = 20;
export const AH_RECORD_BYTES = 64;

export const CQ_ARM_NONE = 0;
export const CQ_ARM_ANY = 1;
export const CQ_ARM_SOLICITED = 2;

// --- scatter-gather element (16 bytes) ---
/** u64 */
export const SGE_ADDRESS = 0;
/** u32 */
export const SGE_LENGTH = 8;
/** u32: index in the list of v-lkeys is the same; this one is the adapter's, valid under WQE_LOCAL_EPOCH. */
export const SGE_LKEY = 12;
export const SGE_BYTES = 16;

// --- send work request; stride = SEND_WQE_SGES + max_sge * (SGE_BYTES + 4), rounded up to 64 ---
/** u64 */
export const WQE_ID = 0;
/** u32: WR_* */
export const WQE_OPCODE = 8;
/** u32: SEND_* */
export const WQE_FLAGS = 12;
/** u32. With SEND_INLINE: bytes of data, which start at SEND_WQE_SGES. */
export const WQE_SGE_COUNT = 16;
/** u32: the owner's epoch under which the lkeys were translated, 0 for never. */
export const WQE_LOCAL_EPOCH = 20;

/** u32: immediate data. */
export const SEND_WQE_IMM = 24;
/** u32: the peer's epoch under which the rkey was translated, 0 for never. */
export const SEND_WQE_REMOTE_EPOCH = 28;
/** u64 */
export const SEND_WQE_REMOTE_ADDRESS = 32;
/**
 * u32: the key as the program knows it: of the peer's region, of what WR_LOCAL_INV and WR_SEND_WITH_INV invalidate, the one
 * that a window gets by WR_BIND_MW.
 */
export const SEND_WQE_V_RKEY = 40;
/** u32: that key on the adapter it belongs to; a peer's is valid under SEND_WQE_REMOTE_EPOCH. */
export const SEND_WQE_RKEY = 44;
/** u64 */
export const SEND_WQE_COMPARE_ADD = 48;
/** u64 */
export const SEND_WQE_SWAP = 56;

// A datagram's fields, which stand where others have the keys and operands.
/** u32: the address handle as the program knows it. */
export const SEND_WQE_V_AH = 40;
/** u32: the adapter's address handle, valid under WQE_LOCAL_EPOCH; its target under SEND_WQE_REMOTE_EPOCH. */
export const SEND_WQE_AH = 44;
/** u32: queue pair number on the target's adapter. */
export const SEND_WQE_REMOTE_QPN = 48;
/** u32: Q_Key; with its highest bit set that of the sending queue pair is used. */
export const SEND_WQE_REMOTE_QKEY = 52;
/** u32: the target's queue pair number as the program knows it. */
export const SEND_WQE_V_REMOTE_QPN = 56;

// WR_BIND_MW: its one element names the region (by lkey) and the range in it; none, or one of no bytes, unbinds.
/** u32: ACCESS_* that the window gives. */
export const SEND_WQE_BIND_ACCESS = 48;
/** u32: MW_TYPE_*, which must be the window's. */
export const SEND_WQE_BIND_TYPE = 52;

/** The elements; behind max_sge of them one u32 v-lkey for each. */
export const SEND_WQE_SGES = 64;

// --- receive work request, of a receive queue or a shared one; the first 24 bytes as above; stride = RECV_WQE_SGES + max_sge * (SGE_BYTES + 4), rounded up to 64 ---
export const RECV_WQE_SGES = 32;

export const WQE_ALIGN = 64;

// --- completion (64 bytes) ---
/** u64 */
export const CQE_ID = 0;
/** u32: WC_* status */
export const CQE_STATUS = 8;
/** u32: WC_* opcode */
export const CQE_OPCODE = 12;
/** u32 */
export const CQE_BYTE_LEN = 16;
/** u32: immediate data (WC_WITH_IMM), or the key that the message invalidated (WC_WITH_INV), as its owner knows it. */
export const CQE_IMM = 20;
/** u32: the queue pair's user index, which is its vQPN. */
export const CQE_QP_NUM = 24;
/** u32, datagrams: queue pair number of the sender, as its program knows it. */
export const CQE_SRC_QP = 28;
/** u32: WC_* flags */
export const CQE_FLAGS = 32;
/** u32 */
export const CQE_VENDOR_ERR = 36;
/** u32, datagrams: LID that it came from: the sender's vLID. */
export const CQE_SLID = 40;
/** u32, datagrams: index of its partition key in the port's table. */
export const CQE_PKEY_INDEX = 44;
export const CQE_BYTES = 64;
