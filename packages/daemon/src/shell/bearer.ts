import { timingSafeEqual } from "node:crypto";

/** Does an `authorization` header present this token? Takes the same time whatever it presents. */
export function presentsBearer(token: string): (header: string | undefined) => boolean {
  const wanted = Buffer.from(`Bearer ${token}`);
  return (header = "") => {
    const given = Buffer.from(header);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  };
}
