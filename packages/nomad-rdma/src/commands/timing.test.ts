import { timings } from "@nomad/base";
import { expect, test } from "vitest";
import { timing } from "./timing.ts";

test("settings are taken one by one or several at once, into the defaults", () => {
  const set = timing("hostDeadMs=2000,heartbeatMs=400", timing("resendMs=100", timings));
  expect(set).toEqual({ ...timings, hostDeadMs: 2000, heartbeatMs: 400, resendMs: 100 });
});

test("names that there are not, what is no number, and a death after one lost heartbeat are refused", () => {
  for (const text of ["hostdead=1", "hostDeadMs", "hostDeadMs=-1", "hostDeadMs=2s", "hostDeadMs=2000"])
    expect(() => timing(text, timings), text).toThrow();
});
