import { NomadError } from "@nomad/base";
import type { Context, Next } from "hono";
import { getCookie } from "hono/cookie";
import { presentsBearer } from "../../../shell/bearer.ts";
import { isLoopback } from "../../../shell/loopback.ts";
import type { Logins } from "../../logins.ts";
import { clock } from "../clock.ts";
import { failure } from "./failure.ts";

export const sessionCookie = "nomad-session";

export interface AccessRules {
  readonly token: string;
  readonly logins: Logins;
  /** The address that central listens on. On loopback, reading takes no token. */
  readonly host: string;
}

/**
 * Who may call the API: the bearer of the lab's token, a session of the dashboard, and, on loopback, whoever only reads.
 * A page of another site may not, although the browser has the cookie, nor one whose name was made to lead here.
 */
export function guardAccess({ token, logins, host }: AccessRules) {
  const isBearer = presentsBearer(token);
  const local = isLoopback(host);
  return async (c: Context, next: Next): Promise<Response | undefined> => {
    const strange = strangerOf(c, local);
    if (strange !== null) return failure(new NomadError("E_AUTH", strange), 403);
    const given = c.req.header("authorization");
    const mayRead = local && given === undefined && c.req.method === "GET";
    const allowed = mayRead || isBearer(given) || logins.knows(getCookie(c, sessionCookie) ?? "", clock());
    if (!allowed) return failure(new NomadError("E_AUTH", "no valid token: the secret is not the same on both sides"));
    await next();
    return undefined;
  };
}

/** What is wrong with where a request says it comes from and goes to; null when nothing is. */
function strangerOf(c: Context, local: boolean): string | null {
  const to = c.req.header("host") ?? "";
  const name = to.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (local && !isLoopback(name)) return `this lab is for this machine alone, not for ${to || "nobody"}`;
  const from = c.req.header("origin");
  if (from !== undefined && from !== `http://${to}` && from !== `https://${to}`)
    return `pages of ${from} may not use this lab`;
  return null;
}
