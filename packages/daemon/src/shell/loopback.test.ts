import { expect, test } from "vitest";
import { isLoopback } from "./loopback.ts";

test("loopback is what only this machine reaches", () => {
  for (const address of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) expect(isLoopback(address), address).toBe(true);
  for (const address of ["0.0.0.0", "::", "10.0.0.1", "example.org"]) expect(isLoopback(address), address).toBe(false);
});
