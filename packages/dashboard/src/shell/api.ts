import type { ErrorBody, FaultRecord, FaultRequest } from "@nomad/protocol/http";
import { routePath, routes } from "@nomad/protocol/http/routes";

/** What central refuses, in its own words. */
export class Refused extends Error {
  readonly code: string;
  constructor({ error }: ErrorBody) {
    super([error.message, error.nextStep].filter((part) => part !== "").join(". "));
    this.code = error.code;
  }
}

async function ask<T>(route: { readonly method: string; readonly path: string }, body?: object, name = ""): Promise<T> {
  const response = await fetch(routePath(route.path, name), {
    method: route.method,
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Refused(answer as ErrorBody);
  return answer as T;
}

/** What the dashboard asks of central; each rejects with Refused. */
export const api = {
  move: (guest: string, to?: string) => ask(routes.startMove, to === undefined ? { guest } : { guest, to }),
  faults: async () => (await ask<{ faults: FaultRecord[] }>(routes.faults)).faults,
  addFault: (fault: FaultRequest) => ask(routes.addFault, fault),
  liftFault: (id: string) => ask(routes.liftFault, undefined, id),
};
