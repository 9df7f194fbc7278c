/** A link is for who has just asked for it. */
export const linkMs = 60_000;
export const sessionMs = 12 * 3_600_000;
const linksMax = 64;
const sessionsMax = 1024;

/** One-time links into the dashboard, and the sessions that they begin. `makeCode`: an unguessable string, new each time. */
export class Logins {
  readonly #makeCode: () => string;
  /** Until when each is good, ms; the oldest first. */
  readonly #links = new Map<string, number>();
  readonly #sessions = new Map<string, number>();

  constructor(makeCode: () => string) {
    this.#makeCode = makeCode;
  }

  /** The code of a new link. */
  offer(now: number): string {
    return this.#add(this.#links, now + linkMs, linksMax);
  }

  /** A session in exchange for a link's code, which is good for nothing from here on; null when it was not good. */
  redeem(code: string, now: number): string | null {
    const until = this.#links.get(code);
    this.#links.delete(code);
    if (until === undefined || until <= now) return null;
    return this.#add(this.#sessions, now + sessionMs, sessionsMax);
  }

  knows(session: string, now: number): boolean {
    return (this.#sessions.get(session) ?? 0) > now;
  }

  /** The oldest makes room. */
  #add(codes: Map<string, number>, until: number, max: number): string {
    for (const oldest of codes.keys()) {
      if (codes.size < max) break;
      codes.delete(oldest);
    }
    const code = this.#makeCode();
    codes.set(code, until);
    return code;
  }
}
