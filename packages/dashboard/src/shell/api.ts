import { LabApi } from "@nomad/protocol/client";
import { FetchTransport } from "./fetch-transport.ts";

/** The client of the central that this page came from. */
export const api = new LabApi(new FetchTransport(location.origin));
