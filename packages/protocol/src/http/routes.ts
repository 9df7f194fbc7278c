import * as z from "zod";
import { faultRecord, faultRequest } from "./fault.ts";
import {
  captureRequest,
  guest,
  guestReport,
  guestRequest,
  labEvent,
  logLine,
  moveRecord,
  moveRequest,
  moveTraffic,
  status,
} from "./schema.ts";

/** A switch in a query: present as `true` or `false`. */
const flag = z.enum(["true", "false"]).default("false");
const noQuery = z.object({});

/** What there is to know of a request: how it is made, what it takes, and what it answers, in one of three forms. */
export interface Route {
  readonly tag: "lab" | "guests" | "moves" | "captures" | "faults";
  readonly summary: string;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query: z.ZodObject;
  readonly body?: z.ZodType;
  /** One JSON value. */
  readonly answer?: z.ZodType;
  /** One JSON value a line. */
  readonly stream?: z.ZodType;
  /** Bytes of this media type. */
  readonly media?: string;
  /** The status of success, 200 when absent. */
  readonly success?: 201 | 202;
}

/**
 * The HTTP API of central. A path's `:name` stands for one escaped segment; `stream` routes answer with one JSON value
 * a line (application/x-ndjson) until either side closes; blank lines keep an idle stream alive and mean nothing.
 */
export const routes = {
  status: {
    tag: "lab",
    summary: "The state of the whole lab: hosts, guests and moves.",
    method: "GET",
    path: "/v1/status",
    query: noQuery,
    answer: status,
  },
  runGuest: {
    tag: "guests",
    summary: "Starts a guest; without `host` central chooses one. Answers when it runs.",
    method: "POST",
    path: "/v1/guests",
    query: noQuery,
    body: guestRequest,
    answer: z.object({ guest }),
    success: 201,
  },
  stopGuest: {
    tag: "guests",
    summary: "Asks a guest to end in its own way; with `force` it is destroyed at once. Answers before it has ended.",
    method: "DELETE",
    path: "/v1/guests/:name",
    query: z.object({ force: flag }),
    answer: z.object({ guest }),
    success: 202,
  },
  logs: {
    tag: "guests",
    summary: "What a guest printed; with `follow` also what it will print, until it ends.",
    method: "GET",
    path: "/v1/guests/:name/logs",
    query: z.object({ follow: flag }),
    stream: logLine,
  },
  report: {
    tag: "guests",
    summary: "The guest's last report, or null when it made none.",
    method: "GET",
    path: "/v1/guests/:name/report",
    query: noQuery,
    answer: guestReport.nullable(),
  },
  startMove: {
    tag: "moves",
    summary: "Moves a guest. Answers at once, or with `wait` when the move has ended, however it ended.",
    method: "POST",
    path: "/v1/moves",
    query: z.object({ wait: flag }),
    body: moveRequest,
    answer: z.object({ move: moveRecord }),
    success: 202,
  },
  move: {
    tag: "moves",
    summary: "A move, under way or ended.",
    method: "GET",
    path: "/v1/moves/:name",
    query: noQuery,
    answer: z.object({ move: moveRecord }),
  },
  moveTraffic: {
    tag: "moves",
    summary:
      "Throughput and round trips of the guest through a move of it, as the adapters at both places measured them.",
    method: "GET",
    path: "/v1/moves/:name/traffic",
    query: noQuery,
    answer: z.object({ traffic: moveTraffic }),
  },
  capture: {
    tag: "captures",
    summary: "Packets as they pass, as pcapng, until either side ends it. Which capture it is, a header says.",
    method: "GET",
    path: "/v1/capture",
    query: captureRequest,
    media: "application/x-pcapng",
  },
  endCapture: {
    tag: "captures",
    summary: "Ends a capture: its stream ends with the statistics of its interfaces.",
    method: "DELETE",
    path: "/v1/capture/:name",
    query: noQuery,
    answer: z.object({}),
    success: 202,
  },
  addFault: {
    tag: "faults",
    summary: "Adds a fault; answers once every host that is up has it.",
    method: "POST",
    path: "/v1/faults",
    query: noQuery,
    body: faultRequest,
    answer: z.object({ fault: faultRecord }),
    success: 201,
  },
  faults: {
    tag: "faults",
    summary: "The faults that stand, with what they have hit so far.",
    method: "GET",
    path: "/v1/faults",
    query: noQuery,
    answer: z.object({ faults: z.array(faultRecord) }),
  },
  liftFault: {
    tag: "faults",
    summary: "Lifts one fault, or (`all`) every one; answers those lifted.",
    method: "DELETE",
    path: "/v1/faults/:name",
    query: noQuery,
    answer: z.object({ faults: z.array(faultRecord) }),
  },
  login: {
    tag: "lab",
    summary: "A link into the dashboard, as a path, that works once and for `linkMs`.",
    method: "POST",
    path: "/v1/login-links",
    query: noQuery,
    answer: z.object({ path: z.string(), linkMs: z.number() }),
    success: 201,
  },
  openApi: {
    tag: "lab",
    summary: "This document.",
    method: "GET",
    path: "/v1/openapi.json",
    query: noQuery,
    answer: z.looseObject({ openapi: z.string() }),
  },
  events: {
    tag: "lab",
    summary: "The present state, one event for each thing, then whatever changes.",
    method: "GET",
    path: "/v1/events",
    query: noQuery,
    stream: labEvent,
  },
} as const satisfies Record<string, Route>;

/** Where a browser takes its link to. */
export const loginPath = "/login";

/** The header that names a capture in the answer that streams it. */
export const captureHeader = "nomad-capture";

/** The path of a route with its one parameter filled in. */
export function routePath(path: string, parameter = ""): string {
  return path.replace(":name", encodeURIComponent(parameter));
}
