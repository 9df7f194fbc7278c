import { HC_GET_ASYNC_EVENT } from "../../abi/src/hypercall.ts";
import { VMM_ASYNC_EVENTS } from "../../abi/src/layout.ts";
import { begin, call, result } from "./hypercall.ts";
import { clock, wait } from "./vmm.ts";

/** ibv_async_event. */
@final
export class AsyncEvent {
  constructor(
    /** EVENT_*. */
    readonly type: u32,
    /** What it is about, as the program knows it: vQPN, handle of a queue, or port. */
    readonly number: u32,
  ) {}
}

/**
 * ibv_get_async_event: the oldest event, or null after `timeout` nanoseconds (0: does not wait; < 0: waits for ever). An
 * event that was got is acknowledged.
 */
export function getAsyncEvent(timeout: i64): AsyncEvent | null {
  const deadline = clock() + timeout;
  while (true) {
    if (atomic.load<i32>(VMM_ASYNC_EVENTS) !== 0) {
      begin();
      if (call(HC_GET_ASYNC_EVENT) === 0) return new AsyncEvent(result(0), result(1));
    }
    const left = deadline - clock();
    if (timeout >= 0 && left <= 0) return null;
    wait(VMM_ASYNC_EVENTS, 0, timeout < 0 ? -1 : left);
  }
}
