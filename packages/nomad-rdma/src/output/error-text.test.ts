import { NomadError } from "@nomad/base";
import { expect, test } from "vitest";
import { errorText, reportOf } from "./error-text.ts";

test("an error of ours is two lines: what happened, and what to do", () => {
  expect(errorText(reportOf(new NomadError("E_NO_GUEST", 'no guest "carol"')))).toBe(
    'nomad-rdma: E_NO_GUEST: no guest "carol"\n  next: see `nomad-rdma guest ls`',
  );
});

test("a port in use is the operator's to correct", () => {
  const error = Object.assign(new Error("listen EADDRINUSE: address already in use 127.0.0.1:4790"), {
    code: "EADDRINUSE",
  });
  expect(reportOf(error)).toMatchObject({ code: "E_CONFIG", message: expect.stringContaining("127.0.0.1:4790") });
});

test("an error nobody foresaw is internal and keeps its stack", () => {
  const report = reportOf(new Error("boom"));
  expect(report.code).toBe("E_INTERNAL");
  expect(report.message).toContain("error-text.test.ts");
});
