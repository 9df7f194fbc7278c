import { LabApi } from "@nomad/protocol/client";
import { bearerToken } from "@nomad/protocol/http";
import { HttpTransport } from "./http-transport.ts";

/** Whom to ask, and how long to wait. */
export interface LabClientOptions {
  /** The URL of central, without a slash at its end. */
  readonly url: string;
  readonly secret: Uint8Array;
  /** The authority that has signed the certificate of a lab with TLS (PEM); the system's when absent. */
  readonly ca?: string | undefined;
  readonly timeoutMs?: number;
}

/** The client of central's HTTP API for processes that know the lab's secret. */
export class LabClient extends LabApi {
  constructor({ url, secret, ca, timeoutMs }: LabClientOptions) {
    super(new HttpTransport(url, bearerToken(secret), ca), timeoutMs);
  }
}
