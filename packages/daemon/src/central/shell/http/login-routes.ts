import { NomadError } from "@nomad/base";
import { loginPath, routes } from "@nomad/protocol/http";
import type { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { type Logins, linkMs, sessionMs } from "../../logins.ts";
import { clock } from "../clock.ts";
import { sessionCookie } from "./access.ts";
import { failure } from "./failure.ts";

/** The routes that offer a one-time link to a browser, and take it. */
export function addLoginRoutes(app: Hono, logins: Logins): void {
  app.post(routes.login.path, (c) => c.json({ path: `${loginPath}?code=${logins.offer(clock())}`, linkMs }, 201));
  app.get(loginPath, (c) => {
    const session = logins.redeem(c.req.query("code") ?? "", clock());
    if (session === null) return failure(new NomadError("E_AUTH", "this link was used, or is too old"));
    setCookie(c, sessionCookie, session, { httpOnly: true, sameSite: "Strict", path: "/", maxAge: sessionMs / 1000 });
    return c.redirect("/", 303);
  });
}
