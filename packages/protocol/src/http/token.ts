import { createHmac } from "node:crypto";

/** The bearer token of the HTTP API: the secret itself never travels. */
export function bearerToken(secret: Uint8Array): string {
  return createHmac("sha256", secret).update("nomad http v1").digest("hex");
}
