// What the VMM offers a guest: the imports of the module `nomad`. The first three may stop the guest and continue it
// elsewhere, so whatever was read before them may be of another host.

/**
 * Posts a call to the back-end (operations: abi's hypercall.ts) and waits for its answer.
 *
 * `words` points to MAILBOX_WORDS_MAX + 1 u32: `wordCount` arguments in; all result words out, and behind them the number
 * of data bytes out. `data` points to MAILBOX_DATA_BYTES_MAX bytes: `dataBytes` in. Returns 0 or a negative errno. After a
 * move it is posted again under the same `sequence`, and the back-end answers a repeat from its record.
 */
export declare function hypercall(
  operation: u32,
  sequence: u32,
  words: usize,
  wordCount: u32,
  data: usize,
  dataBytes: u32,
): i32;

/**
 * Blocks while the i32 at `address` is `expected`: 0 woken (or for no reason at all: above all after a move, and once
 * when a shutdown is requested), 1 it was not `expected`, 2 `timeout` nanoseconds have passed (< 0: wait for ever).
 */
export declare function wait(address: usize, expected: i32, timeout: i64): i32;

/** Nanoseconds of the guest's monotonic clock, which goes on where it was when the guest is moved. */
export declare function clock(): i64;
