// Low memory of a guest. The first 64 KiB are the VMM's page: shared control words between the guest's worker and its
// host, made anew at each host, never copied by a move and left out of digests. Then the Asyncify stack and the boot
// arguments, which are copied like all other memory.

/** Guest and host refuse each other unless these agree. */
export const ABI_VERSION = 1;

/** Unit of dirty tracking and of transfer, bytes. */
export const PAGE_BYTES = 4096;

/** Bytes of the VMM's page: excluded from transfer and digest. */
export const VMM_PAGE_BYTES = 65536;

// --- words of the VMM's page (byte addresses of i32) ---
/**
 * STOP_NONE: run. STOP_REQUESTED (by the host): unwind at the next safepoint. STOP_DONE (by the worker, exchanged for
 * STOP_REQUESTED): the guest has unwound. A host that gives up waiting exchanges STOP_REQUESTED for STOP_NONE.
 * STOP_REFRESH: unwind and go on at once, in whatever better code has been compiled meanwhile.
 */
export const VMM_STOP = 0;
/** Counts doorbells and hypercalls; the host waits on it. Written by the guest's side: atomic add, then notify. */
export const VMM_BELL = 4;
/** Byte address that the guest's thread waits on, or 0. A stopper notifies it after VMM_STOP is set. */
export const VMM_WAIT_ADDRESS = 8;
/** The guest's epoch, raised by the host each time it is bound; tables of physical names read under another are stale. */
export const VMM_EPOCH = 12;
/** Non-zero: the operator asks the program to end in its own way. */
export const VMM_SHUTDOWN = 16;
/** The guest's vLID. */
export const VMM_VLID = 20;
/** Nanoseconds (i64) added to the worker's clock so that guest time is monotonic across hosts. */
export const VMM_CLOCK_OFFSET = 24;

/** i32: asynchronous events that HC_GET_ASYNC_EVENT has to give. Written by the host, which notifies. */
export const VMM_ASYNC_EVENTS = 32;

// --- doorbell ring: physical indices of queue pairs whose send queue has new work ---
/** u32: entries ever written by the guest; entry n is at slot n % DOORBELL_SLOTS. */
export const DOORBELL_PRODUCER = 128;
/** u32: entries ever read by the host. The guest may run ahead: the host then looks at every queue pair. */
export const DOORBELL_CONSUMER = 192;
export const DOORBELL_RING = 1024;
export const DOORBELL_SLOTS = 1024;

// --- hypercall mailbox ---
/** i32: MAILBOX_IDLE, MAILBOX_POSTED, MAILBOX_DONE. The worker waits on it; the host sets DONE and notifies. */
export const MAILBOX_STATE = 8192;
export const MAILBOX_SEQUENCE = 8196;
export const MAILBOX_OPERATION = 8200;
/** i32: 0, or a negative errno (see hypercall.ts). */
export const MAILBOX_STATUS = 8204;
/** Bytes of data in (and, when done, out) at MAILBOX_DATA. */
export const MAILBOX_DATA_BYTES = 8208;
/** 64 u32 words of arguments in, of results out. */
export const MAILBOX_WORDS = 8256;
export const MAILBOX_WORDS_MAX = 64;
export const MAILBOX_DATA = 12288;
export const MAILBOX_DATA_BYTES_MAX = 16384;

export const STOP_NONE = 0;
export const STOP_REQUESTED = 1;
export const STOP_DONE = 2;
export const STOP_REFRESH = 3;

export const MAILBOX_IDLE = 0;
export const MAILBOX_POSTED = 1;
export const MAILBOX_DONE = 2;

// --- copied by a move ---
/** Asyncify's struct: u32 current stack position, u32 stack end; the stack follows. */
export const ASYNCIFY_STRUCT = 65536;
export const ASYNCIFY_STACK = 65552;
export const ASYNCIFY_STACK_END = 917504;
/** Boot arguments: u32 byte length, then UTF-8, "key=value" lines. */
export const BOOT_ARGUMENTS = 917504;
export const BOOT_ARGUMENTS_BYTES_MAX = 65532;
/** The program's own memory starts here (asc --memoryBase). */
export const PROGRAM_BASE = 983040;
