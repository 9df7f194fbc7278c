import { WorkCompletion } from "@nomad/verbs";
import { expectOverrun, type OverrunOptions, type Take } from "./kit/overrun.ts";
import { test } from "./kit/test.ts";

const poll: Take = (cq) => cq.poll(1000);

/** As extended queues are polled: each completion is read in its turn, into one that is there already. */
const pollOneByOne: Take = (cq) => {
  const all: WorkCompletion[] = [];
  const wc = new WorkCompletion();
  while (cq.pollInto([wc]) === 1) all.push(Object.assign(new WorkCompletion(), wc));
  return all;
};

const cases: readonly (readonly [title: string, options: OverrunOptions])[] = [
  [
    "CqOverflowTest.SendCqOverflow: a send that completes in a full queue is lost, and its queue pair fails",
    { side: "send", queuePairs: 1, take: poll },
  ],
  [
    "CqOverflowTest.SendSharedCqOverflow: when a shared queue overruns, every queue pair that sends by it fails",
    { side: "send", queuePairs: 3, take: poll },
  ],
  [
    "CqOverflowTest.RecvCqOverflow: a receive that completes in a full queue is lost, and its queue pair fails",
    { side: "recv", queuePairs: 1, take: poll },
  ],
  [
    "CqOverflowTest.RecvSharedCqOverflow: when a shared queue overruns, every queue pair that receives by it fails",
    { side: "recv", queuePairs: 3, take: poll },
  ],
  [
    "CqExOverflowTest.SendCqOverflow: what a queue of sends held when it overran is read one by one",
    { side: "send", queuePairs: 1, take: pollOneByOne },
  ],
  [
    "CqExOverflowTest.RecvCqOverflow: what a queue of receives held when it overran is read one by one",
    { side: "recv", queuePairs: 1, take: pollOneByOne },
  ],
];

for (const [title, options] of cases) test(title, ({ lab }) => expectOverrun(lab, options));
