import { expect, test } from "vitest";
import { fiPingpongTime, netpipeTime, ucxPerftestTime } from "./output.ts";

const pingpong = `bytes   #sent   #ack     total       time     MB/sec    usec/xfer   Mxfers/sec
64      1k      =1k      125k        0.01s      9.35       6.84       0.15
`;

test("fi_pingpong tells the time of a transfer in the column that says so", () => {
  expect(fiPingpongTime(pingpong)).toBe(6.84);
});

test("ucx_perftest tells the time of a message, in latency tests and in tests of bandwidth", () => {
  const titles = "iterations,50.0_percentile_lat,avg_lat,overall_lat,avg_bw,overall_bw,avg_mr,overall_mr\n";
  expect(ucxPerftestTime(`${titles}2000,5.510,5.624,5.625,10.85,10.85,177810,177810\n`)).toBe(5.625);
  expect(ucxPerftestTime(`${titles}20000,0.894,7.399,7.400,8.25,8.25,135129,135129\n`)).toBe(7.4);
});

test("NetPIPE tells the time of a message among what else it says", () => {
  const output = `0: vm
Now starting the main loop
  0: 1048576 bytes    200 times -->   1850.57 Mbps in    4322.98 usec
`;
  expect(netpipeTime(output)).toBe(4322.98);
});

test("where no time was written there is none", () => {
  const heading = pingpong.split("\n")[0] ?? "";
  for (const readTime of [fiPingpongTime, ucxPerftestTime, netpipeTime]) {
    for (const output of ["", "connection refused\n", heading, `${heading}\n64 1k =1k 125k 0.00s inf nan 0\n`]) {
      expect(readTime(output)).toBeNull();
    }
  }
});
