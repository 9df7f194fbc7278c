/** Where the adapter answers otherwise than the yardstick expects. */
export interface Difference {
  readonly names: string;
  readonly expected: string;
  readonly ours: string;
  /** With the source that was read. */
  readonly reason: string;
}

export const differences: readonly Difference[] = [
  {
    names: "CompChannelTest.RequestNotificationOnCqWithoutCompChannel",
    expected: "a request for an event is refused",
    ours: "it is taken, and wakes `wait()`",
    reason:
      "ibv_req_notify_cq(3) names no such error; whoever waits for a queue without a channel is woken by the same request",
  },
  {
    names: "CompChannelTest.SameQueueMultipleOutstanding",
    expected: "one event at least for two requests",
    ours: "one event for each",
    reason:
      '"only one completion event will be generated for each call" (ibv_req_notify_cq(3)): merging them is allowed',
  },
  {
    names: "CqOverflowTest, CqExOverflowTest, CqOverrunTest",
    expected: "an event, and work that does not finish",
    ours: "IBV_EVENT_CQ_ERR, and every queue pair of the queue fails with IBV_EVENT_QP_FATAL",
    reason: "ibv_get_async_event(3) names both; how much of the work is lost is left open",
  },
  {
    names: "LoopbackRcQpTest.WriteImmDataInvalidRKey",
    expected: "the receive fails with WC_LOC_ACCESS_ERR",
    ours: "so it does when the message is one packet; when it is more, the receive is flushed",
    reason: "the first packet is refused, before the one with the immediate data takes a receive",
  },
  {
    names: "CqExTest, CqExOverflowTest",
    expected: "ibv_start_poll, ibv_next_poll, ibv_end_poll",
    ours: "`cq.pollInto(completions)`",
    reason: "the same completions, read one by one into objects that are there already: no allocation for each",
  },
  {
    names: "ThreadedWorkloadTest, BufferTest and others with threads",
    expected: "threads share a context",
    ours: "tasks take turns on one event loop, in an order that a seed decides",
    reason:
      "a context belongs to one thread of JavaScript: what threads interleave is what tasks do between their turns",
  },
  {
    names: "HugePageTest",
    expected: "buffers in huge pages",
    ours: "buffers of such sizes and alignments in the context's memory",
    reason: "an emulated adapter has no page table; what a program sees is the size",
  },
];
