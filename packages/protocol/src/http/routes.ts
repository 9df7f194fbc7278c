import * as z from "zod";
import {
  captureRequest,
  guest,
  guestReport,
  guestRequest,
  labEvent,
  logLine,
  moveRecord,
  moveRequest,
  status,
} from "./schema.ts";

/** A switch in a query: present as `true` or `false`. */
const flag = z.enum(["true", "false"]).default("false");
const noQuery = z.object({});

/**
 * The HTTP API of central. A path's `:name` stands for one escaped segment; `stream` routes answer with one JSON value
 * a line (application/x-ndjson) until either side closes; blank lines keep an idle stream alive and mean nothing.
 */
export const routes = {
  status: { method: "GET", path: "/v1/status", query: noQuery, answer: status },
  runGuest: {
    method: "POST",
    path: "/v1/guests",
    query: noQuery,
    body: guestRequest,
    answer: z.object({ guest }),
    success: 201,
  },
  /** Asks the guest to end in its own way; with `force` it is destroyed at once. Answers before it has ended. */
  stopGuest: {
    method: "DELETE",
    path: "/v1/guests/:name",
    query: z.object({ force: flag }),
    answer: z.object({ guest }),
    success: 202,
  },
  logs: { method: "GET", path: "/v1/guests/:name/logs", query: z.object({ follow: flag }), stream: logLine },
  /** The guest's last report, or null when it made none. */
  report: { method: "GET", path: "/v1/guests/:name/report", query: noQuery, answer: guestReport.nullable() },
  /** Answers at once, or with `wait` when the move has ended, however it ended. */
  startMove: {
    method: "POST",
    path: "/v1/moves",
    query: z.object({ wait: flag }),
    body: moveRequest,
    answer: z.object({ move: moveRecord }),
    success: 202,
  },
  move: { method: "GET", path: "/v1/moves/:name", query: noQuery, answer: z.object({ move: moveRecord }) },
  /** Packets as they pass, as pcapng (application/x-pcapng), until either side ends it. Which it is: `captureHeader`. */
  capture: { method: "GET", path: "/v1/capture", query: captureRequest },
  /** Ends a capture: its stream ends with the statistics of its interfaces. */
  endCapture: { method: "DELETE", path: "/v1/capture/:name", query: noQuery, answer: z.object({}), success: 202 },
  events: { method: "GET", path: "/v1/events", query: noQuery, stream: labEvent },
} as const;

/** The header that names a capture in the answer that streams it. */
export const captureHeader = "nomad-capture";

/** The path of a route with its one parameter filled in. */
export function routePath(path: string, parameter = ""): string {
  return path.replace(":name", encodeURIComponent(parameter));
}
