import { NomadError } from "@nomad/base";

/** The promise's outcome, or E_TIMEOUT after `ms`: "`what` for N ms". */
export async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new NomadError("E_TIMEOUT", `${what} for ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
